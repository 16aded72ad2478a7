package slacktest

import (
	"slices"
	"strings"
)

// Channel is a conversation: a public or private channel, or the direct one of
// a person with a bot.
type Channel struct {
	ID string

	workspace *Workspace
	created   int64
	name      string
	private   bool
	archived  bool
	user      *User // of a direct conversation, as is bot
	bot       *Bot
	members   []string   // ids of people and bots
	messages  []*message // oldest first, replies among them
}

// Member is who can be in a channel: a *User or a *Bot.
type Member interface{ member() string }

func (u *User) member() string { return u.ID }
func (b *Bot) member() string  { return b.UserID }

// Channel makes a channel.
func (w *Workspace) Channel(name string, private bool, members ...Member) *Channel {
	defer w.slack.change()()
	c := &Channel{ID: w.slack.id("C"), workspace: w, created: w.slack.options.Now().Unix(), name: name, private: private}
	for _, m := range members {
		c.members = append(c.members, m.member())
	}
	w.channels = append(w.channels, c)
	return c
}

// DM is the direct conversation with a bot, made when need be.
func (u *User) DM(b *Bot) *Channel {
	defer u.home.slack.change()()
	return b.direct(u)
}

// direct wants the lock held.
func (b *Bot) direct(u *User) *Channel {
	w := b.Workspace
	for _, c := range w.channels {
		if c.user == u && c.bot == b {
			return c
		}
	}
	c := &Channel{ID: w.slack.id("D"), workspace: w, created: w.slack.options.Now().Unix(), private: true, user: u, bot: b, members: []string{u.ID, b.UserID}}
	w.channels = append(w.channels, c)
	return c
}

// Name is what the channel is called now.
func (c *Channel) Name() string {
	c.workspace.slack.mu.Lock()
	defer c.workspace.slack.mu.Unlock()
	return c.name
}

// Invite brings people and bots into the channel; with by nil they come by
// themselves. The bots in it hear of each.
func (c *Channel) Invite(by *User, who ...Member) {
	defer c.workspace.slack.change()()
	for _, m := range who {
		if !c.has(m.member()) {
			c.join(m.member(), by)
		}
	}
}

// Remove takes people and bots out of the channel. A bot hears of its own
// removal by channel_left or group_left, and of no other event there.
func (c *Channel) Remove(who ...Member) {
	defer c.workspace.slack.change()()
	for _, m := range who {
		id := m.member()
		if !c.has(id) {
			continue
		}
		c.members = slices.DeleteFunc(c.members, func(other string) bool { return other == id })
		c.tell(c.membership("member_left_channel", id))
		if b, ok := m.(*Bot); ok {
			b.hear(c.kind(), object{"type": c.event("left"), "channel": c.ID})
		}
	}
}

// Archive closes the channel.
func (c *Channel) Archive() {
	defer c.workspace.slack.change()()
	c.archived = true
	c.tell(object{"type": c.event("archive"), "channel": c.ID, "is_moved": 0})
}

// What follows wants the lock held.

func (c *Channel) has(id string) bool { return slices.Contains(c.members, id) }

func (c *Channel) join(id string, by *User) {
	c.members = append(c.members, id)
	event := c.membership("member_joined_channel", id)
	if by != nil {
		event["inviter"] = by.ID
	}
	c.tell(event)
}

func (c *Channel) membership(happened, id string) object {
	return object{"type": happened, "user": id, "channel": c.ID, "channel_type": strings.ToUpper(c.kind()[:1]), "team": c.workspace.ID}
}

// label is what commands and interactions call the channel: those that are not
// public go without their name.
func (c *Channel) label() string {
	switch {
	case c.user != nil:
		return "directmessage"
	case c.private:
		return "privategroup"
	}
	return c.name
}

// kind is what Slack calls it in scopes: channels, groups or im.
func (c *Channel) kind() string {
	switch {
	case c.user != nil:
		return "im"
	case c.private:
		return "groups"
	}
	return "channels"
}

func (c *Channel) event(happened string) string {
	if c.private {
		return "group_" + happened
	}
	return "channel_" + happened
}

// tell tells the bots in the channel.
func (c *Channel) tell(event object) {
	for _, b := range c.workspace.bots {
		if c.has(b.UserID) {
			b.hear(c.kind(), event)
		}
	}
}

// teams are the workspaces of its members.
func (c *Channel) teams() []string {
	teams := []string{c.workspace.ID}
	for _, u := range c.workspace.users {
		if c.has(u.ID) && !slices.Contains(teams, u.home.ID) {
			teams = append(teams, u.home.ID)
		}
	}
	return teams
}

// info is the channel as the Web API gives it to a bot.
func (c *Channel) info(b *Bot) object {
	if c.user != nil {
		return object{
			"id": c.ID, "created": c.created, "is_im": true, "is_org_shared": false, "is_archived": false, "context_team_id": c.workspace.ID,
			"updated": c.created * 1000, "user": c.user.ID, "is_user_deleted": c.user.deleted, "is_open": true, "priority": 0,
		}
	}
	teams := c.teams()
	return object{
		"id": c.ID, "name": c.name, "name_normalized": c.name, "created": c.created, "updated": c.created * 1000, "creator": "",
		"is_channel": !c.private, "is_group": c.private, "is_im": false, "is_mpim": false, "is_private": c.private,
		"is_archived": c.archived, "is_general": false, "is_member": c.has(b.UserID), "unlinked": 0,
		"is_shared": len(teams) > 1, "is_ext_shared": len(teams) > 1, "is_org_shared": false, "is_pending_ext_shared": false,
		"pending_shared": []string{}, "shared_team_ids": teams, "context_team_id": c.workspace.ID, "parent_conversation": nil,
		"topic": object{"value": "", "creator": "", "last_set": 0}, "purpose": object{"value": "", "creator": "", "last_set": 0}, "previous_names": []string{},
	}
}

// channel finds the channel that a request is about, if its bot may know that
// it exists, and refuses when the scope for its kind was not given.
func (r *request) channel(permission string) (*Channel, error) {
	c := r.visible(r.args["channel"])
	if c == nil {
		return nil, refuse("channel_not_found")
	}
	return c, r.need(c.kind() + ":" + permission)
}

func (r *request) visible(id string) *Channel {
	for _, c := range r.bot.Workspace.channels {
		if c.ID == id && (!c.private || c.has(r.bot.UserID)) {
			return c
		}
	}
	return nil
}

func conversationInfo(r *request) (object, error) {
	c, err := r.channel("read")
	if err != nil {
		return nil, err
	}
	info := c.info(r.bot)
	if r.args.flag("include_num_members") {
		info["num_members"] = len(c.members)
	}
	return object{"channel": info}, nil
}

func conversationMembers(r *request) (object, error) {
	c, err := r.channel("read")
	if err != nil {
		return nil, err
	}
	members, next, err := page(r, slices.Clone(c.members))
	return object{"members": members, "response_metadata": next}, err
}

// typeScopes are the values of types in users.conversations.
var typeScopes = map[string]string{"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}

func userConversations(r *request) (object, error) {
	asked := r.args["types"]
	if asked == "" {
		asked = "public_channel"
	}
	var kinds []string
	for _, t := range strings.Split(asked, ",") {
		kind, known := typeScopes[strings.TrimSpace(t)]
		if !known {
			return nil, refuse("invalid_types")
		}
		if err := r.need(kind + ":read"); err != nil {
			return nil, err
		}
		kinds = append(kinds, kind)
	}
	var found []object
	for _, c := range r.bot.Workspace.channels {
		if c.has(r.bot.UserID) && slices.Contains(kinds, c.kind()) && !(c.archived && r.args.flag("exclude_archived")) {
			found = append(found, c.info(r.bot))
		}
	}
	channels, next, err := page(r, found)
	if channels == nil {
		channels = []object{}
	}
	return object{"channels": channels, "response_metadata": next}, err
}

func conversationOpen(r *request) (object, error) {
	if id := r.args["channel"]; id != "" {
		c := r.visible(id)
		if c == nil || c.user == nil {
			return nil, refuse("channel_not_found")
		}
		return object{"no_op": true, "already_open": true, "channel": c.info(r.bot)}, nil
	}
	switch ids := strings.Split(r.args["users"], ","); {
	case r.args["users"] == "":
		return nil, refuse("users_list_not_supplied")
	case len(ids) > 1:
		return nil, refuse("method_not_supported_for_channel_type") // the imitation has no groups of people
	}
	u := r.bot.Workspace.user(r.args["users"])
	switch {
	case u == nil:
		return nil, refuse("user_not_found")
	case u.deleted:
		return nil, refuse("user_disabled")
	}
	c := r.bot.direct(u)
	if r.args.flag("return_im") {
		return object{"channel": c.info(r.bot)}, nil
	}
	return object{"channel": object{"id": c.ID}}, nil
}

func conversationJoin(r *request) (object, error) {
	c := r.visible(r.args["channel"])
	switch {
	case c == nil:
		return nil, refuse("channel_not_found")
	case c.private:
		return nil, refuse("method_not_supported_for_channel_type")
	case c.archived:
		return nil, refuse("is_archived")
	case c.has(r.bot.UserID):
		return object{"channel": c.info(r.bot), "warning": "already_in_channel"}, nil
	}
	c.join(r.bot.UserID, nil)
	return object{"channel": c.info(r.bot)}, nil
}
