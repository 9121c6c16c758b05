#!/usr/bin/env python
"""Run a management command of the site."""

import os
import sys

# Commands that need no database, or (run) start what they need themselves.
WITHOUT_SERVERS = {"collectstatic", "compilemessages", "help", "makemessages", "run"}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command == "migrate":
        # The site's own role may not change the schema.
        os.environ.setdefault("DATABASE_ROLE", "owner")
    from django.core.management import execute_from_command_line

    if command in WITHOUT_SERVERS:
        execute_from_command_line(sys.argv)
    else:
        from config import embedded

        with embedded.for_one_command():
            execute_from_command_line(sys.argv)
