package command

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kansbot/internal/audit"
	"kansbot/internal/kv"
	"kansbot/internal/outbox"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// inTalk is a Kans!overleg of Tuesday 12 January that talks about K-001; K-002
// comes next. Anna leads it.
func inTalk(t *testing.T) *trial {
	t.Helper()
	b := course(t, "/signaal K-001 stil | ouders: akkoord", "/signaal K-002 moe | ouders: akkoord", "/kansoverleg eenmalig 12 jan 10:00")
	b.at(t, "2027-01-08 08:30")
	b.at(t, "2027-01-12 10:00")
	b.types("anna", "/kansoverleg start")
	b.presses(t, "anna", "meeting/"+b.team().ID+"/1", "item.next 1 0")
	return b
}

// A case may be erased while it is talked about, before or after that takes
// long: the meeting goes on, and ends.
func TestErasedWhileTalkedAbout(t *testing.T) {
	for _, late := range []bool{false, true} {
		for what, then := range map[string]func(b *trial){
			"rounded off": func(b *trial) { b.types("anna", "/kansoverleg afronden") },
			"closed":      func(b *trial) { b.at(t, "2027-01-13 12:00") },
			"next": func(b *trial) {
				b.presses(t, "anna", "meeting/"+b.team().ID+"/1", "item.next 1 1")
				if now := b.open()[0].Now; now != 2 {
					t.Errorf("item %d is next", now)
				}
				b.types("anna", "/kansoverleg afronden")
			},
		} {
			b := inTalk(t)
			if late {
				b.at(t, "2027-01-12 10:40")
			}
			b.types("bram", "/signaal toestemming K-001 ingetrokken")
			b.at(t, "2027-01-12 11:00")
			if n := len(b.posts("late")); late != (n == 1) {
				t.Errorf("it was said %d times that it takes long", n)
			}
			then(b)
			if b.log.Len() > 0 || len(b.open()) > 0 || strings.Contains(fmt.Sprint(b.posts("late")), "item.") {
				t.Errorf("%s, late %v: %v %.300s", what, late, b.posts("late"), b.log.String())
			}
		}
	}
}

// A form of a goal may be sent in when its case is gone.
func TestGoalFormOfAnErasedCase(t *testing.T) {
	b := course(t, "/signaal K-001 stil | ouders: akkoord")
	f := b.types("anna", "/kansoverleg doel K-001").Form
	b.types("bram", "/signaal toestemming K-001 ingetrokken")
	reply := b.sends("anna", f, map[string][]string{"casus": {"K-001"}, "doel": {"speelt mee"}, "schaal": {"4"}})
	if b.log.Len() > 0 || reply.Problems["casus"] == "" || b.goalOf("K-001").Goal != "" {
		t.Errorf("%+v %.300s", reply, b.log.String())
	}
}

// When the kernteam's chair cannot come and nobody else has the turn, who begins
// leads; with a chair who can, the chair does.
func TestWhoBeginsLeads(t *testing.T) {
	for answer, now := range map[string]int{"afwezig": 1, "aanwezig": 0} {
		b := course(t, "/kansoverleg eenmalig 5 jan 10:00")
		b.set(t, map[string]string{"beurten": "vast"})
		b.types("anna", "/kansoverleg "+answer)
		b.at(t, "2027-01-05 10:00")
		b.types("bram", "/kansoverleg start")
		said := b.presses(t, "bram", "meeting/"+b.team().ID+"/1", "item.next 1 0")
		if m := b.open()[0]; m.Now != now || m.Notes == "bram" && m.Chair == "bram" {
			t.Errorf("anna is %s, at item %d: %s; %q writes", answer, m.Now, said, m.Notes)
		}
	}
}

// Who leads may change during the meeting; its agenda does not.
func TestSwapDuringTheMeeting(t *testing.T) {
	b := inTalk(t)
	b.types("bram", "/signaal K-009 druk | ouders: akkoord")
	b.types("anna", "/kansoverleg ruil voorzitter @chantal")
	if got := fmt.Sprint(b.posts("agenda")); !strings.Contains(got, "Chantal") || strings.Contains(got, "K-009") {
		t.Errorf("the agenda says %s", got)
	}
	if got := fmt.Sprint(b.posts("item")); strings.Contains(got, "brengt dit in") {
		t.Errorf("chantal leads what anna brought in: %s", got)
	}
}

// A case that is closed while it is talked about is done there: the thread
// hears it, and its reply shows the case as it is then.
func TestClosedInItsTalk(t *testing.T) {
	b := inTalk(t)
	b.types("anna", "/kansoverleg doel K-001 speelt mee, schaal 4, evaluatie 23 feb")
	b.types("anna", "/kansoverleg evaluatie K-001 schaal 8, afsluiten")
	b.read(func(tx kv.Tx) error {
		return store.Table[outbox.Status]{Name: "post"}.Each(tx, func(s outbox.Status) error {
			if strings.HasPrefix(s.Post.Key, "evaluated/") && !strings.HasPrefix(s.Post.Under, "meeting/") {
				t.Errorf("under %s: %v", s.Post.Under, s.Post.Body)
			}
			return nil
		})
	})
	if got := fmt.Sprint(b.posts("item")); strings.Contains(got, "23 feb") {
		t.Errorf("it is still to be evaluated: %s", got)
	}
	if m := b.open()[0]; m.Now != 2 || m.Agenda[1].State != team.ItemDiscussed {
		t.Errorf("%+v", m)
	}
}

// One that goes on stays on the table; its thread is that of the meeting.
func TestEvaluatedInItsTalk(t *testing.T) {
	b := inTalk(t)
	b.types("anna", "/kansoverleg doel K-001 speelt mee, schaal 4")
	b.types("anna", "/kansoverleg evaluatie K-001 schaal 6, doorgaan")
	if m := b.open()[0]; m.Now != 1 || m.Agenda[1].State != team.ItemOpen {
		t.Errorf("%+v", m)
	}
}

// An evaluation asks about the goal as it was adjusted last.
func TestEvaluationBeginsAtTheAdjustedGoal(t *testing.T) {
	b := course(t, "/signaal K-001 stil | ouders: akkoord", "/kansoverleg doel K-001 rustig, schaal 4")
	b.types("anna", "/kansoverleg evaluatie K-001 schaal 6, bijstellen | doel: speelt mee")
	b.at(t, b.goalOf("K-001").Evaluate.String()+" 10:00")
	b.types("anna", "/kansoverleg start nu")
	if got := fmt.Sprint(b.posts("item")); !strings.Contains(got, "Bij de start: schaal   } { 6") {
		t.Error(got)
	}
}

// The points of a meeting that is off are on the agenda of the next one.
func TestPointsOnThePostedAgenda(t *testing.T) {
	b := course(t, "/kansoverleg eenmalig 12 jan 10:00", "/kansoverleg eenmalig 12 jan 14:00", "/kansoverleg punt ouderavond plannen")
	b.at(t, "2027-01-08 08:30")
	b.types("anna", "/kansoverleg overslaan")
	if got := b.posts("agenda"); !strings.Contains(fmt.Sprint(got), "ouderavond") {
		t.Error(got)
	}
}

// On a case that is closed nothing more is agreed; without its code it is.
func TestActionOnAClosedCase(t *testing.T) {
	b := course(t, "/signaal K-001 stil | ouders: akkoord", "/kansoverleg doel K-001 rustig, schaal 4", "/kansoverleg evaluatie K-001 schaal 8, afsluiten")
	reply := b.types("anna", "/actie @bram belt de logopedist voor 1 mei K-001")
	said := fmt.Sprint(reply)
	if len(b.actions()) > 0 || !strings.Contains(said, "is afgesloten") || !strings.Contains(said, "/actie @bram belt de logopedist voor ma 3 mei") {
		t.Fatal(said)
	}
	if b.types("anna", "/actie @bram belt de logopedist voor 1 mei"); len(b.actions()) != 1 {
		t.Error(b.actions())
	}
}

// Nobody is asked to call about an action that is done or has another owner.
func TestHelpIsAskedNoMore(t *testing.T) {
	for _, line := range []string{"/actie klaar 1", "/actie geef 1 @dewi"} {
		b := course(t, "/actie @bram belt de school voor 10 maart")
		b.types("bram", "/actie hulp 1")
		if got := fmt.Sprint(b.posts("helpchair")); !strings.Contains(got, "action.callback") {
			t.Fatal(got)
		}
		b.types("bram", line)
		if got := fmt.Sprint(b.posts("helpchair")); strings.Contains(got, "action.callback") {
			t.Errorf("%s: %s", line, got)
		}
	}
}

// What is on the meeting screen is what somebody showed of a case, by its code
// in the trail: a signal that turns out to be about another case, or is
// withdrawn, takes it off.
func TestOtherCaseIsNotOnTheScreen(t *testing.T) {
	for line, shown := range map[string]bool{"/signaal wijzig 1 K-002": false, "/signaal intrekken 1": false, "/signaal wijzig 1 nodig: rust": true} {
		b := inTalk(t)
		b.presses(t, "anna", "item/"+b.team().ID+"/1/1", "item.show 1 1")
		if !b.open()[0].Shown {
			t.Fatal("nothing is shown")
		}
		if b.types("anna", line); b.open()[0].Shown != shown {
			t.Errorf("after %s the text is on the screen: %v", line, !shown)
		}
		var trail []string
		b.read(func(tx kv.Tx) error {
			entries, err := audit.Of(tx, b.team().ID)
			for _, e := range entries {
				if e.Did == "case.screen" {
					trail = append(trail, e.On)
				}
			}
			return err
		})
		if !slices.Contains(trail, "case K-001") || !slices.Contains(trail, "signal 1") {
			t.Errorf("the trail says %q", trail)
		}
	}
}
