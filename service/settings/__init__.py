"""Every setting of the service, in one typed place: a file, the environment, one clear error."""

from service.settings.loading import SettingsError, load_settings
from service.settings.root import Settings

__all__ = ["Settings", "SettingsError", "load_settings"]
