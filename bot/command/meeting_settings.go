package command

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

const (
	maxStanding = 5  // points on every agenda
	maxQuorum   = 50 // people
)

// allTurns is the key of team.AllTurns in a form, where no key may be empty.
const allTurns = "alles"

// meetingSettings is the form of how the kernteam wants its Kans!overleg.
func meetingSettings(r *Request, _ string) (answer, error) {
	return r.ask("meeting.set", 0, r.form("meeting",
		r.fill("meeting", "minuten", strconv.Itoa(r.team.Minutes), 3),
		r.fill("meeting", "minimum", strconv.Itoa(r.team.Quorum), 3),
		r.choose("meeting", "beurten", options(r.lang, "turns.", []string{allTurns, string(team.NotesTurns), string(team.NoTurns)}),
			cmp.Or(string(r.team.Turns), allTurns)),
		optional(r.write("meeting", "punten", strings.Join(r.team.Standing, "\n"), maxStanding*(maxPoint+1))),
	)), nil
}

func meetingSubmitted(r *Request, _ int, v values) (answer, error) {
	if err := r.forChair(); err != nil {
		return answer{}, err
	}
	was := r.team
	minutes, err := meetingLength(v.get("minuten"))
	if err != nil {
		return answer{}, err
	}
	quorum, err := strconv.Atoi(line(v.get("minimum")))
	if err != nil || quorum < 0 || quorum > maxQuorum {
		return answer{}, team.Wrong("minimum", "quorum", "understood", line(v.get("minimum")), "max", strconv.Itoa(maxQuorum))
	}
	if r.team.Standing, err = r.standing(v.get("punten")); err != nil {
		return answer{}, err
	}
	r.team.Quorum, r.team.Turns = quorum, team.Turns(v.get("beurten"))
	if r.team.Turns == allTurns {
		r.team.Turns = team.AllTurns
	}
	if err := r.setMinutes(minutes); err != nil {
		return answer{}, err
	}
	if err := r.did("meeting.settings", "team"); err != nil {
		return answer{}, err
	}
	retake := r.retakeTurns
	if r.team.Turns != was.Turns {
		retake = r.dropTurns
	}
	if err := retake(); err != nil {
		return answer{}, err
	}
	return answer{body: chat.Message(r.say("meeting.set"))}, nil
}

// standing reads the points that are on every agenda, one on a line. What was
// there before asks nothing anew.
func (r *Request) standing(typed string) ([]string, error) {
	var points []string
	for text := range strings.Lines(typed) {
		if text = line(text); text == "" || slices.Contains(points, text) {
			continue
		}
		if err := cmp.Or(fits("punten", text, maxPoint), noCodes("punten", text, "", "point.case")); err != nil {
			return nil, err
		}
		if !slices.Contains(r.team.Standing, text) {
			if err := r.guard(passage{"punten", text}); err != nil {
				return nil, err
			}
		}
		points = append(points, text)
	}
	if len(points) > maxStanding {
		return nil, team.Wrong("punten", "standing.full", "max", strconv.Itoa(maxStanding))
	}
	return points, nil
}
