"""The ids that more than one module speaks of; a page's own ids stand in that page."""

PROVIDER = "provider"
SCHEME = "scheme"  # "light" or "dark": what is really shown, whatever chose it
SCHEME_CHOICE = "scheme-choice"  # "auto", "light" or "dark"
STATUS = "status"
UNREACHED = "unreached"  # written in the browser: what is shown while the manager does not answer
STATUS_TEXT = "status-text"
ANNOUNCEMENT = "announcement"
STATUS_TICK = "status-tick"
RETRY = "retry"
NAVIGATION = "navigation"
