"""Every setting of the service, in one typed place: a file, the environment, one clear error."""

from service.settings.loading import SettingsError, load_settings
from service.settings.root import ENVIRONMENT_PREFIX, Settings

__all__ = ["ENVIRONMENT_PREFIX", "Settings", "SettingsError", "load_settings"]
