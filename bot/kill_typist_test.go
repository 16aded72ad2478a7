package main

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// word is one that nobody ever typed before, and no name.
func (h *hunt) word() string {
	const letters = "bcdfghjklmnpqrstvwxz"
	word := "zq"
	for n := int(h.words.Add(1)); n > 0; n /= len(letters) {
		word += letters[n%len(letters):][:1]
	}
	return word
}

// typist is somebody, or rather everybody in turn, at a keyboard.
type typist struct {
	*hunt
	rand *rand.Rand
	mine map[string][]told // what they were told of, by kind
}

func (p *typist) keepBusy() {
	for p.awaitUp() {
		p.act()
		if p.think > 0 {
			time.Sleep(time.Duration(p.rand.Int64N(int64(p.think))))
		}
	}
}

// awaitUp returns when the bot runs, or false when the people go home.
func (h *hunt) awaitUp() bool {
	for {
		l := h.life.Load()
		select {
		case <-h.awake.Done():
			return false
		case <-l.up:
			return true
		case <-l.over:
		}
	}
}

// act does one thing: a new signal or action, or something with an earlier one.
func (p *typist) act() {
	handles := p.crowd.handles()
	room, user := p.rand.IntN(p.rooms), p.rand.IntN(len(handles))
	switch kind := p.rand.IntN(20); {
	case kind < 8:
		word := p.word()
		p.types(told{room: room, word: word}, user, "signaal nieuw kijkt weg bij "+word+" #leren")
	case kind < 12:
		word, owner := p.word(), handles[p.rand.IntN(len(handles))]
		p.types(told{room: room, word: word}, user, "actie @"+owner+" belt "+word+" morgen")
	case kind < 15:
		if a, found := p.earlier("action"); found {
			deed := []string{"klaar %d", "uitstel %d tot over 3 weken", "hulp %d"}[p.rand.IntN(3)]
			p.types(told{room: a.room}, user, "actie "+fmt.Sprintf(deed, a.nr))
		}
	case kind < 17:
		if s, found := p.earlier("signal"); found {
			p.types(told{room: s.room}, 0, fmt.Sprintf("signaal wijzig %d ouders: akkoord", s.nr)) // the chair may
		}
	default:
		p.presses(user)
	}
}

func (p *typist) earlier(what string) (told, bool) {
	list := p.mine[what]
	if len(list) == 0 {
		return told{}, false
	}
	return list[p.rand.IntN(len(list))], true
}

// types gives a command. When the answer got lost, the request may come a
// second time, as proxies do.
func (p *typist) types(about told, user int, line string) {
	send := p.crowd.command(about.room, user, line)
	answer, err := send()
	if err != nil && p.rand.IntN(2) == 0 && p.awaitUp() {
		answer, err = send()
		if err == nil && answer == "" && about.word != "" {
			about.what = "again" // nothing to say: that was done already
			p.note(about)
		}
	}
	if err == nil {
		p.hears(about, answer)
	}
}

func (p *typist) presses(user int) {
	if room, answer, err := p.crowd.press(p.rand, user); err == nil {
		p.hears(told{room: room}, answer)
	}
}

// answers are what people are told once something is stored.
var answers = map[string]*regexp.Regexp{
	"signal":    regexp.MustCompile(`nu signaal \**(\d+)\** over`),
	"changed":   regexp.MustCompile(`^Signaal (\d+) is aangepast`),
	"action":    regexp.MustCompile(`^Actie \**(\d+)\** staat op naam`),
	"done":      regexp.MustCompile(`^Mooi, actie (\d+) is klaar`),
	"postponed": regexp.MustCompile(`^Actie (\d+) heeft een nieuwe datum`),
}

func (p *typist) hears(about told, answer string) {
	if about, understood := understand(about, answer); understood {
		p.mine[about.what] = append(p.mine[about.what], about)
		p.note(about)
	}
}

func understand(about told, answer string) (told, bool) {
	for what, pattern := range answers {
		if found := pattern.FindStringSubmatch(answer); found != nil {
			about.what = what
			about.nr, _ = strconv.Atoi(found[1])
			return about, true
		}
	}
	return about, false
}

// noteAfter notes what people were told otherwise than at once, if it is new.
func (h *hunt) noteAfter() {
	for room := range h.rooms {
		for _, answer := range h.crowd.after(room) {
			about, understood := understand(told{room: room}, answer)
			if understood && !slices.ContainsFunc(h.told, func(t told) bool { return t.room == room && t.what == about.what && t.nr == about.nr }) {
				h.note(about)
			}
		}
	}
}

func (h *hunt) note(about told) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = append(h.told, about)
}
