package command

import (
	"cmp"
	"strconv"
	"strings"

	"kansbot/bot/view"
	"kansbot/internal/chat"
	"kansbot/internal/outbox"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

func actionHelp(r *Request, typed string) (answer, error) {
	a, _, err := r.action(typed, "hulp")
	if err != nil {
		return answer{}, err
	}
	return r.help(a)
}

func pressHelp(r *Request, s string) (answer, error) {
	a, err := r.pressedAction(s)
	if err != nil {
		return answer{}, err
	}
	return r.help(a)
}

// help marks an action and asks to think along: the thread, and directly the
// chair and the contact person.
func (r *Request) help(a team.Action) (answer, error) {
	if a.Help {
		return answer{body: r.say("action.helped.before")}, nil
	}
	a.Help, a.Asker = true, r.me.User
	if err := cmp.Or(store.PutAction(r.tx, r.team.ID, a), r.refreshLookBack()); err != nil {
		return answer{}, err
	}
	if err := r.did("action.help", on("action", a.Nr)); err != nil {
		return answer{}, err
	}
	if err := r.refresh(r.key("action", a.Nr), r.view().Action(a)); err != nil {
		return answer{}, err
	}
	n, err := r.helps(a)
	if err != nil {
		return answer{}, err
	}
	n++
	if err := r.post(r.helpKey("help", a, n), r.thread(a), r.view().HelpAsked(a, r.me.User, r.today())); err != nil {
		return answer{}, err
	}
	chair, contact := r.standIn(r.team.Chair), r.standIn(r.team.Contact)
	for kind, user := range map[string]string{helpChair: chair, helpContact: contact} {
		if user == "" || user == r.me.User || kind == helpContact && user == chair {
			continue
		}
		if err := r.direct(r.helpKey(kind, a, n), user, r.view().HelpLine(a, r.me.User, n)); err != nil {
			return answer{}, err
		}
	}
	return answer{body: r.say("action.helped")}, nil
}

// The kinds of post to those who hear directly that help was asked.
const (
	helpChair   = "helpchair"
	helpContact = "helpcontact"
)

// helpKey is the key of a post about the nth time that help was asked with an
// action.
func (r *Request) helpKey(kind string, a team.Action, n int) string {
	return r.key(kind, a.Nr, strconv.Itoa(n))
}

// helps counts how often help was asked with an action.
func (r *Request) helps(a team.Action) (n int, err error) {
	return r.posted(func(nth int) string { return r.helpKey("help", a, nth) })
}

// redateHelp changes what was said directly about an action that has another date
// by now: who asked for help still waits for a call, unless somebody said that
// they will.
func (r *Request) redateHelp(a team.Action, body chat.Message) error {
	if !a.Help {
		return r.refreshHelp(a, body)
	}
	n, err := r.helps(a)
	if err != nil {
		return err
	}
	_, calls, err := outbox.Get(r.tx, r.helpKey("calling", a, n))
	if err != nil || calls || a.Asker == "" {
		return err
	}
	line := r.view().HelpLine(a, a.Asker, n)
	return cmp.Or(r.refresh(r.helpKey(helpChair, a, n), line), r.refresh(r.helpKey(helpContact, a, n), line))
}

// refreshHelp changes what was said directly about an action that is done, or
// that has another owner by now. Its buttons are for the channel.
func (r *Request) refreshHelp(a team.Action, body chat.Message) error {
	n, err := r.helps(a)
	if err != nil {
		return err
	}
	body = view.WithoutButtons(body)
	for ; n > 0; n-- {
		for _, kind := range []string{helpChair, helpContact} {
			if err := r.refresh(r.helpKey(kind, a, n), body); err != nil {
				return err
			}
		}
	}
	return nil
}

// pressCallback tells who asked for help, and the thread, that somebody will
// be in touch. The first who presses is the one.
func pressCallback(r *Request, s string) (answer, error) {
	nr, rest, _ := strings.Cut(s, " ")
	count, asker, _ := strings.Cut(rest, " ")
	a, err := r.pressedAction(nr)
	if err != nil {
		return answer{}, err
	}
	n, err := strconv.Atoi(count)
	if err != nil {
		return answer{}, team.Wrong("", "button.gone")
	}
	for _, kind := range []string{helpChair, helpContact} {
		if err := r.refresh(r.helpKey(kind, a, n), r.view().HelpCalled(a, asker, r.me.User)); err != nil {
			return answer{}, err
		}
	}
	if err := r.post(r.helpKey("calling", a, n), r.thread(a), r.view().Calling(asker, r.me.User)); err != nil {
		return answer{}, err
	}
	if err := r.did("action.callback", on("action", a.Nr)); err != nil {
		return answer{}, err
	}
	if r.member(asker).Here {
		err = r.direct(r.helpKey("callback", a, n), asker, r.view().CallsYou(a, r.me.User))
	}
	return answer{body: r.say("callback.answer", "name", r.view().Name(asker))}, err
}
