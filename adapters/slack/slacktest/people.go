package slacktest

import (
	"slices"
	"strings"
)

// Workspace is a team at Slack.
type Workspace struct {
	ID, Name, Domain string

	slack    *Slack
	created  int64
	users    []*User // strangers too
	bots     []*Bot
	channels []*Channel
}

// Workspace makes a workspace.
func (s *Slack) Workspace(name string) *Workspace {
	defer s.change()()
	w := &Workspace{ID: s.id("T"), Name: name, Domain: strings.ToLower(strings.ReplaceAll(name, " ", "-")), slack: s, created: s.options.Now().Unix()}
	s.workspaces = append(s.workspaces, w)
	return w
}

// User is a person at a client.
type User struct {
	ID     string
	Handle string // what people type after the @

	home     *Workspace
	realName string
	locale   string
	deleted  bool
	whispers []whispered
	modals   []*view // the newest last
	homes    map[*Bot]*view
}

// whispered is a message that only one person sees.
type whispered struct {
	*message
	in *Channel
}

// User makes a member of the workspace. Locale is "nl-NL", for example.
func (w *Workspace) User(handle, realName, locale string) *User {
	defer w.slack.change()()
	return w.add(&User{Handle: handle, realName: realName, locale: locale})
}

// Stranger makes a member of another workspace, who can be in channels of this
// one that are shared.
func (w *Workspace) Stranger(handle, realName, locale string, home *Workspace) *User {
	defer w.slack.change()()
	u := home.add(&User{Handle: handle, realName: realName, locale: locale})
	w.users = append(w.users, u)
	return u
}

func (w *Workspace) add(u *User) *User {
	u.ID, u.home, u.homes = w.slack.id("U"), w, map[*Bot]*view{}
	w.users = append(w.users, u)
	return u
}

// Deactivate ends the person's account.
func (u *User) Deactivate() {
	defer u.home.slack.change()()
	u.deleted = true
	for _, b := range u.home.bots {
		b.hear("", object{"type": "user_change", "user": u.profile(b.Workspace, false), "cache_ts": u.home.slack.last / 1e6})
	}
}

// What follows wants the lock held.

// user finds somebody who is or can be in the workspace.
func (w *Workspace) user(id string) *User {
	i := slices.IndexFunc(w.users, func(u *User) bool { return u.ID == id })
	if i < 0 {
		return nil
	}
	return w.users[i]
}

// handle is what to type after the @ for a person or a bot.
func (w *Workspace) handle(id string) (string, bool) {
	for _, u := range w.users {
		if u.ID == id {
			return u.Handle, true
		}
	}
	for _, b := range w.bots {
		if b.UserID == id {
			return b.handle(), true
		}
	}
	return "", false
}

// called is the id of the person or bot with a handle.
func (w *Workspace) called(handle string) (id string, found bool) {
	for _, u := range w.users {
		if strings.EqualFold(u.Handle, handle) {
			return u.ID, true
		}
	}
	for _, b := range w.bots {
		if strings.EqualFold(b.handle(), handle) {
			return b.UserID, true
		}
	}
	return "", false
}

// profile is what users.info of a workspace gives of the person.
func (u *User) profile(w *Workspace, locale bool) object {
	o := account(u.ID, u.home.ID, u.Handle, u.realName, w.created)
	o["deleted"] = u.deleted
	switch {
	case u.home != w:
		o["is_stranger"] = true
	case locale:
		o["locale"] = u.locale
	}
	return o
}

func (b *Bot) profile() object {
	name := b.App.manifest.Features.BotUser.DisplayName
	o := account(b.UserID, b.Workspace.ID, b.handle(), name, b.Workspace.created)
	o["deleted"], o["is_bot"] = b.gone, true
	profile := o["profile"].(object)
	profile["bot_id"], profile["api_app_id"] = b.ID, b.App.ID
	return o
}

func account(id, team, handle, name string, updated int64) object {
	return object{
		"id": id, "team_id": team, "name": handle, "real_name": name, "deleted": false, "color": "9f69e7",
		"tz": "Europe/Amsterdam", "tz_label": "Central European Time", "tz_offset": 3600, "updated": updated,
		"is_admin": false, "is_owner": false, "is_primary_owner": false, "is_restricted": false, "is_ultra_restricted": false,
		"is_bot": false, "is_app_user": false, "is_email_confirmed": true, "who_can_share_contact_card": "EVERYONE",
		"profile": object{"real_name": name, "real_name_normalized": name, "display_name": handle, "display_name_normalized": handle, "team": team},
	}
}
