"""The weeks of the four golden projects."""

from datetime import timedelta

from tests.golden.script import CERTIFICATE, Accident, Edit, Script, Storm, utc

from takeup.core.secret import Secret
from takeup.provider.emulator.settings import Settings

SCHOOL = Script(
    "school",
    begin=utc("2027-05-03T00:00"),
    end=utc("2027-05-10T00:00"),
    every=timedelta(minutes=30),
    environment="staging",
    accidents=(
        Accident(utc("2027-05-03T08:10"), "workerDeath", "a-10*"),
        Accident(utc("2027-05-04T09:45"), "failover", "b-2*", 45),
        Accident(utc("2027-05-05T12:20"), "workerDeath", "c-3*"),
    ),
    missed=frozenset({utc("2027-05-05T14:00")}),
)
COURT = Script(
    "court",
    begin=utc("2027-03-15T00:00"),
    end=utc("2027-03-22T00:00"),
    every=timedelta(minutes=5),
    accidents=(
        Accident(utc("2027-03-15T11:17"), "workerDeath", "3-o-117-27"),
        Accident(utc("2027-03-17T15:02"), "failover", "1-k-004-27", 60),
        Accident(utc("2027-03-18T15:33"), "workerDeath", "3-o-122-27"),
    ),
    edits=(
        Edit(
            utc("2027-03-16T12:30"),
            "manifests/hearings.yaml",
            '"2027-03-16T13:00"',
            '"2027-03-16T13:45"',
            "a hearing takes longer",
        ),
        Edit(
            utc("2027-03-18T14:10"),
            "manifests/hearings.yaml",
            "preventStop: true # nobody takes",
            "preventStop: false # nobody takes",
            "x",
        ),
    ),
)
BROADCASTER = Script(
    "broadcaster",
    begin=utc("2027-03-15T00:00"),
    end=utc("2027-03-22T00:00"),
    every=timedelta(minutes=15),
    settings=Settings(appCertificate=Secret(CERTIFICATE)),
    accidents=(Accident(utc("2027-03-18T03:20"), "workerDeath", "news"),),
    edits=(
        Edit(
            utc("2027-03-17T10:30"),
            "manifests/news.yaml",
            "width: 0.75, height: 1}",
            "width: 0.7, height: 1}",
            "another layout",
            {"updateLayout": 1},
        ),
    ),
)
CONTACT_CENTRE = Script(
    "contact-centre",
    begin=utc("2027-03-08T05:00"),
    end=utc("2027-03-15T05:00"),
    every=timedelta(minutes=15),
    accidents=(
        Accident(utc("2027-03-09T16:20"), "workerDeath", "line-c*"),
        Accident(utc("2027-03-10T17:31"), "failover", "line-*", 40),
    ),
    storms=(Storm(utc("2027-03-11T14:00"), utc("2027-03-11T14:30"), 0.5, "500/500"),),
    missed=frozenset({utc("2027-03-12T14:00")}),
)
ALL = (SCHOOL, COURT, BROADCASTER, CONTACT_CENTRE)
