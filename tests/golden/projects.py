"""The weeks of the four golden projects. All times are UTC."""

from datetime import timedelta

from tests.golden.script import CERTIFICATE, Accident, Edit, Script, Storm, utc

from takeup.core.secret import Secret
from takeup.provider.emulator.settings import Settings

SCHOOL = Script(
    "school",
    "400 rooms from a CSV file, on school days from 8 to 16, three laboratories until 18",
    begin=utc("2027-05-03T00:00"),
    end=utc("2027-05-10T00:00"),
    every=timedelta(hours=1),
    office_hours=(5, 17),
    environment="staging",
    accidents=(
        Accident(utc("2027-05-03T08:10"), "workerDeath", "a-10*", "nine rooms of building a die"),
        Accident(utc("2027-05-04T09:45"), "failover", "b-2*", "a floor of building b fails over", 45),
        Accident(utc("2027-05-05T11:20"), "workerDeath", "c-3*", "a floor of building c dies"),
    ),
    edits=(
        Edit(
            utc("2027-05-04T10:00"),
            "rooms.csv",
            "d-425,d,4,24\n",
            "d-425,d,4,24\ne-101,e,1,30\n",
            "a row is added, for a room in a container",
        ),
    ),
    missed=frozenset({utc("2027-05-05T14:00")}),
)

_HEARING = '      - {case: 3-o-122-27, court: room-1, from: "2027-03-18T13:30", to: "2027-03-18T17:00"}\n'
_NEXT = "      - {case: 7-f-244-27"
COURT = Script(
    "court",
    "8 hearings from a list and a trial of several sittings, each with windows of its own",
    begin=utc("2027-03-15T00:00"),
    end=utc("2027-03-22T00:00"),
    every=timedelta(minutes=5),
    accidents=(
        Accident(utc("2027-03-15T11:17"), "workerDeath", "3-o-117-27", "the recorder of a hearing dies"),
        Accident(utc("2027-03-17T15:02"), "failover", "1-k-004-27", "that of the trial fails over", 60),
        Accident(utc("2027-03-18T15:33"), "workerDeath", "3-o-122-27", "that of another hearing dies"),
    ),
    edits=(
        Edit(
            utc("2027-03-16T12:30"),
            "manifests/hearings.yaml",
            '"2027-03-16T13:00"',
            '"2027-03-16T13:45"',
            "a hearing takes longer: its window gets a later end",
        ),
        Edit(
            utc("2027-03-18T14:10"),
            "manifests/hearings.yaml",
            _HEARING,
            "",
            "a hearing that is recorded is taken off the list by mistake; `preventStop` refuses all plans",
            refused=True,
        ),
        Edit(utc("2027-03-18T14:35"), "manifests/hearings.yaml", _NEXT, _HEARING + _NEXT, "it is put back"),
    ),
)
BROADCASTER = Script(
    "broadcaster",
    "a channel around the clock with tokens of 24 hours, and an evening show with its web page",
    begin=utc("2027-03-15T00:00"),
    end=utc("2027-03-22T00:00"),
    every=timedelta(minutes=15),
    settings=Settings(appCertificate=Secret(CERTIFICATE)),
    accidents=(
        Accident(utc("2027-03-17T12:20"), "workerDeath", "news", "the recorder of the news dies"),
        Accident(utc("2027-03-19T20:10"), "failover", "evening-show", "that of the show fails over", 30),
    ),
    edits=(
        Edit(
            utc("2027-03-18T10:30"),
            "manifests/news.yaml",
            "width: 0.75, height: 1}",
            "width: 0.7, height: 1}",
            "another layout of the news",
            {"updateLayout": 1},
        ),
    ),
)
CONTACT_CENTRE = Script(
    "contact-centre",
    "12 lines of agents and 3 screens of trainees, by the clock of New York, which is set forward in this week",
    begin=utc("2027-03-08T05:00"),
    end=utc("2027-03-15T04:00"),
    every=timedelta(minutes=15),
    accidents=(
        Accident(utc("2027-03-09T16:20"), "workerDeath", "line-c*", "the recorder of a line dies"),
        Accident(utc("2027-03-10T17:31"), "failover", "line-*", "all lines fail over", 40),
        Accident(utc("2027-03-12T19:14:58"), "failover", "screen-*", "the screens fail over while a run begins", 60),
    ),
    storms=(
        Storm(
            utc("2027-03-11T14:00"),
            utc("2027-03-11T14:30"),
            0.5,
            "500/500",
            "half of all calls are answered by 500, just when the lines open",
        ),
    ),
    edits=(
        Edit(
            utc("2027-03-09T17:00"),
            "manifests/agents.yaml",
            "maxIdleTime: 1800",
            "maxIdleTime: 900",
            "another `maxIdleTime`, which `ignoreChanges` keeps for the next day",
        ),
        Edit(
            utc("2027-03-10T16:00"),
            "manifests/agents.yaml",
            "      lopez: {queue: sales}\n",
            "      lopez: {queue: sales}\n      moreau: {queue: sales}\n",
            "an agent more",
        ),
    ),
    missed=frozenset({utc("2027-03-12T14:00")}),
)
ALL = (SCHOOL, COURT, BROADCASTER, CONTACT_CENTRE)
