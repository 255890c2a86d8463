"""`python -m service` is `contact-metrics`."""

from service.cli import main

if __name__ == "__main__":
    main()
