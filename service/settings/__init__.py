"""Every setting of the service, in one typed place: a file, the environment, one clear error."""

from service.settings.loading import ENVIRONMENT_PREFIX, SettingsError, load_settings
from service.settings.root import Settings

__all__ = ["ENVIRONMENT_PREFIX", "Settings", "SettingsError", "load_settings"]
