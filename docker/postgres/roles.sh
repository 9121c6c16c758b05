#!/bin/sh
# Once, when the database is made: the owner of the tables, and the role of the site, which
# owns nothing (its grants are given by every migration: core/grants.py).
set -eu
psql --username postgres --set ON_ERROR_STOP=1 \
    --set owner_password="$OWNER_PASSWORD" --set site_password="$SITE_PASSWORD" <<'SQL'
CREATE ROLE zhicheng_site LOGIN PASSWORD :'site_password';
CREATE ROLE zhicheng_owner LOGIN PASSWORD :'owner_password';
CREATE DATABASE zhicheng OWNER zhicheng_owner;
SQL
