"""The tables of the backend in PostgreSQL, and every statement that is sent to them.

    layout     one row: the version of these tables
    states     the stored state of each name
    leases     who holds it, until when, and its number; a row is never removed
    journal    what a run has done on top of a serial, a row for each group of entries
    history    earlier states, the newest 20

States, journal and records of locks are bytes to the server: nobody but takeup reads them. What a write depends on is
checked in its own transaction, by the server: that the lease is held (a row lock keeps it until the commit), and that
the stored bytes are those that were read.
"""

from dataclasses import dataclass

VERSION = 1

_CREATE = """\
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE TABLE IF NOT EXISTS {schema}.layout (version integer PRIMARY KEY);
CREATE TABLE IF NOT EXISTS {schema}.states (name text PRIMARY KEY, serial bigint NOT NULL, content bytea NOT NULL,
  written_at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS {schema}.leases (name text PRIMARY KEY, fence bigint NOT NULL, record bytea,
  expires_at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS {schema}.journal (name text NOT NULL, serial bigint NOT NULL, number bigint NOT NULL,
  content bytea NOT NULL, PRIMARY KEY (name, serial, number));
CREATE TABLE IF NOT EXISTS {schema}.history (name text NOT NULL, serial bigint NOT NULL, content bytea NOT NULL,
  replaced_at timestamptz NOT NULL, PRIMARY KEY (name, serial));
INSERT INTO {schema}.layout VALUES (1) ON CONFLICT DO NOTHING;
"""
_PARTS = {
    # on, whatever the server's default; remote_apply is more than on
    "{durable}": "set_config('synchronous_commit', CASE current_setting('synchronous_commit')"
    " WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true) AS durable",
    "{patient}": "set_config('lock_timeout', '10s', true) AS patient",
    # a run that is stopped, or cut off, in the middle of a transaction must not keep others out for longer than that
    "{brief}": "set_config('idle_in_transaction_session_timeout', '5s', true) AS brief",
    "{held}": "name = %(name)s AND fence = %(fence)s AND record IS NOT NULL AND expires_at > clock_timestamp()",
    "{until}": "clock_timestamp() + make_interval(secs => %(seconds)s)",
}


@dataclass(frozen=True, slots=True)
class Tables:
    """The statements, for the tables in one schema.

    Args:
        schema: its name.
    """

    schema: str

    @property
    def create(self) -> tuple[str, ...]:
        """Makes all of them; the first makes the schema."""
        return tuple(statement for statement in self.script.split(";\n") if statement)

    @property
    def script(self) -> str:
        """What somebody else may run for a role that may not."""
        return _CREATE.replace("{schema}", self._quoted)

    def grants(self, *, write: bool) -> str:
        """What a role needs."""
        rights = "SELECT, INSERT, UPDATE, DELETE" if write else "SELECT"
        return (
            f"GRANT USAGE ON SCHEMA {self._quoted} TO ROLE;"
            f" GRANT {rights} ON ALL TABLES IN SCHEMA {self._quoted} TO ROLE;"
        )

    @property
    def has_schema(self) -> bytes:
        """Whether the schema is there: who may not make one may not even ask for it to be made."""
        return b"SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = %(schema)s)"

    @property
    def version(self) -> bytes:
        """Its rows."""
        return self._of("SELECT max(version) FROM {schema}.layout")

    @property
    def read(self) -> bytes:
        """The state (number -1) and its journal, as they are at one moment."""
        return self._of(
            "SELECT serial, -1::bigint AS number, content FROM {schema}.states WHERE name = %(name)s"
            " UNION ALL SELECT serial, number, content FROM {schema}.journal WHERE name = %(name)s"
            " ORDER BY number, serial"
        )

    @property
    def append(self) -> bytes:
        """One group of entries under the lease; no row if it is not held. A repeat violates the key."""
        return self._of(
            "WITH settings AS (SELECT {durable}, {patient}),"
            " held AS (SELECT 1 FROM {schema}.leases l, settings s WHERE {held}"
            " AND s.durable IS NOT NULL AND s.patient IS NOT NULL FOR SHARE OF l)"
            " INSERT INTO {schema}.journal (name, serial, number, content)"
            " SELECT %(name)s, %(serial)s, %(number)s, %(content)s FROM held"
        )

    @property
    def append_unlocked(self) -> bytes:
        """The same without a lock."""
        return self._of(
            "WITH settings AS (SELECT {durable}, {patient})"
            " INSERT INTO {schema}.journal (name, serial, number, content)"
            " SELECT %(name)s, %(serial)s, %(number)s, %(content)s FROM settings s"
            " WHERE s.durable IS NOT NULL AND s.patient IS NOT NULL"
        )

    @property
    def segment(self) -> bytes:
        """One group of entries."""
        return self._of(
            "SELECT content FROM {schema}.journal WHERE name = %(name)s AND serial = %(serial)s AND number = %(number)s"
        )

    @property
    def held(self) -> bytes:
        """A row if the lease is held; it stays so until the commit."""
        return self._of("SELECT 1 FROM {schema}.leases WHERE {held} FOR SHARE")

    @property
    def state(self) -> bytes:
        """The stored state, kept from others until the commit."""
        return self._of("SELECT content FROM {schema}.states WHERE name = %(name)s FOR UPDATE")

    @property
    def insert(self) -> bytes:
        """The first state; no row if there is one."""
        return self._of(
            "INSERT INTO {schema}.states (name, serial, content, written_at)"
            " VALUES (%(name)s, %(serial)s, %(content)s, clock_timestamp()) ON CONFLICT DO NOTHING"
        )

    @property
    def seen(self) -> bytes:
        """A row if the stored state is the one that was read; it stays so until the commit."""
        return self._of(
            "SELECT 1 FROM {schema}.states WHERE name = %(name)s AND sha256(content) = %(digest)s FOR UPDATE"
        )

    @property
    def keep(self) -> bytes:
        """The stored state becomes an earlier one."""
        return self._of(
            "INSERT INTO {schema}.history (name, serial, content, replaced_at)"
            " SELECT name, %(before)s, content, clock_timestamp() FROM {schema}.states WHERE name = %(name)s"
            " ON CONFLICT DO NOTHING"
        )

    @property
    def update(self) -> bytes:
        """The next state."""
        return self._of(
            "UPDATE {schema}.states SET serial = %(serial)s, content = %(content)s, written_at = clock_timestamp()"
            " WHERE name = %(name)s"
        )

    @property
    def folded(self) -> bytes:
        """The places of groups that are in the state already."""
        return self._of(
            "SELECT serial, number FROM {schema}.journal WHERE name = %(name)s AND serial < %(serial)s ORDER BY 1, 2"
        )

    @property
    def drop_folded(self) -> bytes:
        """Removes them."""
        return self._of("DELETE FROM {schema}.journal WHERE name = %(name)s AND serial < %(serial)s")

    @property
    def drop_old(self) -> bytes:
        """Removes earlier states but the newest."""
        return self._of(
            "DELETE FROM {schema}.history WHERE name = %(name)s AND serial NOT IN (SELECT serial FROM {schema}.history"
            " WHERE name = %(name)s ORDER BY serial DESC LIMIT %(kept)s)"
        )

    @property
    def versions(self) -> bytes:
        """The earlier states."""
        return self._of(
            "SELECT serial, octet_length(content), extract(epoch FROM replaced_at)::float8"
            " FROM {schema}.history WHERE name = %(name)s ORDER BY serial DESC"
        )

    @property
    def past(self) -> bytes:
        """One of them."""
        return self._of("SELECT content FROM {schema}.history WHERE name = %(name)s AND serial = %(serial)s")

    @property
    def reseal(self) -> bytes:
        """One of them in other bytes."""
        return self._of(
            "UPDATE {schema}.history SET content = %(content)s WHERE name = %(name)s AND serial = %(serial)s"
        )

    @property
    def begin_lease(self) -> bytes:
        """A free lease, where there is none."""
        return self._of(
            "INSERT INTO {schema}.leases (name, fence, record, expires_at)"
            " VALUES (%(name)s, %(fence)s, NULL, clock_timestamp()) ON CONFLICT DO NOTHING"
        )

    @property
    def lease(self) -> bytes:
        """The lease, kept from others until the commit, and the time."""
        return self._of(
            "SELECT fence, record, extract(epoch FROM expires_at)::float8,"
            " extract(epoch FROM clock_timestamp())::float8 FROM {schema}.leases WHERE name = %(name)s FOR UPDATE"
        )

    @property
    def take(self) -> bytes:
        """The lease is this run's, under the next number."""
        return self._of(
            "UPDATE {schema}.leases SET fence = fence + 1, record = %(record)s, expires_at = {until}"
            " WHERE name = %(name)s RETURNING fence"
        )

    @property
    def renew(self) -> bytes:
        """The lease goes on; no row if it was lost."""
        return self._of(
            "UPDATE {schema}.leases SET expires_at = {until}"
            " WHERE name = %(name)s AND fence = %(fence)s AND record IS NOT NULL"
        )

    @property
    def release(self) -> bytes:
        """The lease is free."""
        return self._of("UPDATE {schema}.leases SET record = NULL WHERE name = %(name)s AND fence = %(fence)s")

    @property
    def forget_lease(self) -> bytes:
        """Removes a lease; for the proof only."""
        return self._of("DELETE FROM {schema}.leases WHERE name = %(name)s")

    @property
    def server(self) -> bytes:
        """Whether a lease was ever taken, and what can be known of how the server keeps what it acknowledges."""
        return self._of(
            "SELECT EXISTS (SELECT FROM {schema}.leases WHERE name = %(name)s), pg_is_in_recovery(),"
            " current_setting('fsync'), current_setting('full_page_writes')"
        )

    @property
    def _quoted(self) -> str:
        return '"' + self.schema.replace('"', '""') + '"'

    def _of(self, text: str) -> bytes:
        return _whole(text).replace("{schema}", self._quoted.replace("%", "%%")).encode()


def _whole(text: str) -> str:
    for part, meant in _PARTS.items():
        text = text.replace(part, meant)
    return text


SETTINGS = _whole("SELECT {durable}, {patient}, {brief}").encode()
"""The first statement of each transaction: they end with it, for a pooler gives the session to others."""
