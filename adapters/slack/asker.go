package slack

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"kansbot/internal/chat"
)

// asker is who something came from, and how they can be answered.
type asker struct {
	w       *workspace
	user    string
	name    string // as Slack gave it along
	foreign bool   // of another team, by what Slack gave along
	channel string // as in an event: empty in a direct conversation and at home
	member  bool   // only members of the channel could have sent this
	form    string // the id of the form that this is, or empty
	trigger string // opens one view, within three seconds
	hook    *hook  // answers where it was sent from; nil where that cannot be done
}

// refusal is a reply that leaves everything as it was, what is in a form too.
func (from asker) refusal(why string) chat.Reply {
	if from.form != "" {
		return chat.Reply{Problems: map[string]string{"": why}}
	}
	return chat.Reply{Body: notice(why)}
}

// say is what the adapter itself says, in the asker's language as far as known.
func (a *Adapter) say(from asker) phrases {
	who, _ := from.w.users.Get(from.user, time.Time{})
	return phrasesFor(who.locale)
}

// who is the asker with what can be known of them in time. Somebody unknown is
// what came along says they are.
func (a *Adapter) who(ctx context.Context, from asker) account {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	who, err := a.user(ctx, from.w, from.user)
	if err != nil {
		a.log.Warn("account not looked up", "user", from.user, "err", err)
		return account{Person: chat.Person{ID: from.user, Handle: from.name, Name: from.name}, stranger: from.foreign || elsewhere(err)}
	}
	return who
}

// outside is why the asker may do nothing, in words for them; empty when they
// may. It takes a member of our workspace, and of the channel as it is now, with
// the bot in it. While Slack does not tell who is in it, its word counts for
// what only a member can have sent: anyone can press and pick in a public
// channel.
func (a *Adapter) outside(ctx context.Context, from asker, who account) string {
	say := phrasesFor(who.locale)
	if who.stranger {
		return say.foreign
	}
	if from.channel == "" {
		return ""
	}
	if from.member {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, lookupTime)
		defer cancel()
	}
	us := from.w.self.Load().user
	in, err := a.roster(ctx, from.w, from.channel)
	if err == nil && len(in) <= crowd && !(slices.Contains(in, from.user) && slices.Contains(in, us)) {
		// They may have joined just now.
		if now, failed := a.members(ctx, from.w, from.channel, false); !errors.Is(failed, errTurn) {
			in, err = now, failed
		}
	}
	switch {
	case meanings[codeOf(err)] == final, codeOf(err) == "missing_scope": // of group messages we have none: no bot can be there
		return say.uninvited
	case err != nil && from.member:
		a.log.Debug("membership not checked", "channel", from.channel, "err", err)
		return ""
	case err != nil:
		a.log.Error("membership not checked", "channel", from.channel, "err", err)
		return say.failed
	case len(in) > crowd && from.member:
		return ""
	case len(in) > crowd:
		return say.crowd
	case !slices.Contains(in, us):
		return say.uninvited
	case !slices.Contains(in, from.user):
		return say.absent
	}
	return ""
}

// phrases is what the adapter itself says: what is between Slack and us, and
// nobody else can know of.
type phrases struct {
	failed, noForm, moment, done, close string
	// Why somebody may not: of another organisation, not in the channel, in one
	// where the bot is not or with too many people, in an app that an
	// organisation has put everywhere at once.
	foreign, absent, uninvited, crowd, everywhere string
}

var (
	dutch = phrases{
		failed:     "Dat lukte niet. Probeer het over een paar minuten nog eens.",
		noForm:     "Het formulier ging niet open. Probeer het nog eens.",
		moment:     "Een moment…",
		done:       "Gelukt.",
		close:      "Sluiten",
		foreign:    "Dat kan alleen wie lid is van deze Slack-werkruimte. Jij zit bij een andere organisatie.",
		absent:     "Dat kan alleen wie lid is van dit kanaal.",
		uninvited:  "Ik zit nog niet in dit kanaal. Typ eerst: /invite @" + appName,
		crowd:      "Dit kanaal is te groot voor een kernteam.",
		everywhere: "Deze app staat in alle werkruimtes van de organisatie tegelijk, en zo werk ik niet. Vraag de beheerder om mij in deze werkruimte te installeren.",
	}
	english = phrases{
		failed:     "That did not work. Please try again in a few minutes.",
		noForm:     "The form did not open. Please try again.",
		moment:     "One moment…",
		done:       "Done.",
		close:      "Close",
		foreign:    "Only a member of this Slack workspace can do that. You are with another organisation.",
		absent:     "Only a member of this channel can do that.",
		uninvited:  "I am not in this channel yet. First type: /invite @" + appName,
		crowd:      "This channel has too many people for a kernteam.",
		everywhere: "This app is in all workspaces of the organisation at once, and I do not work that way. Ask the administrator to install me in this workspace.",
	}
)

func phrasesFor(locale string) phrases {
	if strings.HasPrefix(strings.ToLower(locale), "en") {
		return english
	}
	return dutch
}
