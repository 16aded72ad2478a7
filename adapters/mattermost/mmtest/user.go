package mmtest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
)

// A User is a person at a Mattermost client. What they do returns the server's refusal as an error,
// an *model.AppError inside. The client stays open until the test process ends.
type User struct {
	ID       string
	Name     string // as the test calls them
	Username string // as the server does: Name with a number behind it
	Client   *model.Client4

	team       *model.Team
	dialogs    *inbox[*model.OpenDialogRequest]
	ephemerals *inbox[*model.Post]
	posts      *inbox[*model.Post]

	mu      sync.Mutex
	channel string                 // where they did something last
	private map[string]*model.Post // every ephemeral post ever received: the server keeps none
}

// listen opens the user's WebSocket and returns when the server has greeted them, from when on
// nothing that concerns them is missed.
func (u *User) listen(url, token string) error {
	u.dialogs, u.ephemerals, u.posts = newInbox[*model.OpenDialogRequest](), newInbox[*model.Post](), newInbox[*model.Post]()
	u.private = map[string]*model.Post{}
	socket, err := model.NewWebSocketClient4(url, token)
	if err != nil {
		return fmt.Errorf("open the WebSocket: %w", err)
	}
	socket.Listen()
	greeted := make(chan struct{})
	go func() {
		for {
			select {
			case event, open := <-socket.EventChannel:
				if !open {
					return
				}
				if event.EventType() == model.WebsocketEventHello {
					close(greeted)
				}
				u.receive(event)
			case <-socket.ResponseChannel:
			case <-socket.PingTimeoutChannel:
			}
		}
	}()
	select {
	case <-greeted:
		return nil
	case <-time.After(20 * time.Second):
		return fmt.Errorf("the server did not greet on the WebSocket")
	}
}

func (u *User) receive(event *model.WebSocketEvent) {
	switch event.EventType() {
	case model.WebsocketEventOpenDialog:
		deliver(event, "dialog", u.dialogs.put)
	case model.WebsocketEventPosted, model.WebsocketEventPostEdited:
		deliver(event, "post", u.posts.put)
	case model.WebsocketEventEphemeralMessage:
		deliver(event, "post", func(post *model.Post) {
			u.mu.Lock()
			u.private[post.Id] = post
			u.mu.Unlock()
			u.ephemerals.put(post)
		})
	}
}

// deliver puts what an event carries as JSON under key. That it always does is the server's side of
// its protocol; if not, a wait runs out.
func deliver[E any](event *model.WebSocketEvent, key string, put func(*E)) {
	text, _ := event.GetData()[key].(string)
	var carried E
	if json.Unmarshal([]byte(text), &carried) == nil {
		put(&carried)
	}
}

// WaitDialog returns the oldest dialog that was opened for the user and not yet returned. One that
// clients would not show properly is an error: the server itself lets it pass.
func (u *User) WaitDialog(limit time.Duration) (*model.OpenDialogRequest, error) {
	opened, err := u.dialogs.wait(limit, func(*model.OpenDialogRequest) bool { return true })
	if err != nil {
		return nil, fmt.Errorf("dialog for %s: %w", u.Name, err)
	}
	if err := opened.IsValid(); err != nil {
		return nil, fmt.Errorf("dialog for %s: %w", u.Name, err)
	}
	return opened, nil
}

// WaitEphemeral returns the oldest message that only the user sees and that was not yet returned.
func (u *User) WaitEphemeral(limit time.Duration) (*model.Post, error) {
	post, err := u.ephemerals.wait(limit, func(*model.Post) bool { return true })
	if err != nil {
		return nil, fmt.Errorf("ephemeral message for %s: %w", u.Name, err)
	}
	return post, nil
}

// WaitPost returns the oldest new or edited post matching match, in any channel of the user and by
// anyone, that was not yet returned.
func (u *User) WaitPost(limit time.Duration, match func(*model.Post) bool) (*model.Post, error) {
	post, err := u.posts.wait(limit, match)
	if err != nil {
		return nil, fmt.Errorf("post for %s: %w", u.Name, err)
	}
	return post, nil
}

// DM returns the direct channel with another user or a bot.
func (u *User) DM(otherID string) (channelID string, err error) {
	channel, _, err := u.Client.CreateDirectChannel(context.Background(), u.ID, otherID)
	if err != nil {
		return "", fmt.Errorf("direct channel of %s: %w", u.Name, err)
	}
	return channel.Id, nil
}

// Command types a slash command in a channel, or with a rootID in that thread. The ephemeral answer
// comes in the response and over the WebSocket.
func (u *User) Command(channelID, rootID, line string) (*model.CommandResponse, error) {
	u.act(channelID)
	// By hand, because the client library can't name a thread.
	answer, err := u.Client.DoAPIPostJSON(context.Background(), "/commands/execute", map[string]string{
		"channel_id": channelID, "root_id": rootID, "team_id": u.team.Id, "command": line,
	})
	if err != nil {
		return nil, fmt.Errorf("%s types %q: %w", u.Name, line, err)
	}
	defer answer.Body.Close()
	var response model.CommandResponse
	if err := json.NewDecoder(answer.Body).Decode(&response); err != nil {
		return nil, fmt.Errorf("%s types %q: %w", u.Name, line, err)
	}
	return &response, nil
}

// Press presses the button with this label under a post, which may be an ephemeral one.
func (u *User) Press(postID, label string) error {
	ctx := context.Background()
	u.mu.Lock()
	post := u.private[postID]
	u.mu.Unlock()
	if post == nil {
		var err error
		if post, _, err = u.Client.GetPost(ctx, postID, ""); err != nil {
			return fmt.Errorf("%s presses %q: %w", u.Name, label, err)
		}
	}
	u.act(post.ChannelId)
	for _, attachment := range post.Attachments() {
		for _, action := range attachment.Actions {
			if action.Name != label || action.Type == model.PostActionTypeSelect || action.Disabled {
				continue
			}
			if _, err := u.Client.DoPostActionWithCookie(ctx, postID, action.Id, "", action.Cookie); err != nil {
				return fmt.Errorf("%s presses %q: %w", u.Name, label, err)
			}
			return nil
		}
	}
	return fmt.Errorf("%s sees no button %q to press", u.Name, label)
}

// Submit fills in a dialog and sends it from the channel where the user did something last. As in a
// client, fields that values does not name keep their default, a required one can't stay empty, and
// a select takes one of its options. Text is turned into what the field sends: true, 3.
func (u *User) Submit(dialog *model.OpenDialogRequest, values map[string]any) (*model.SubmitDialogResponse, error) {
	submission, err := fill(dialog.Dialog.Elements, values)
	if err != nil {
		return nil, fmt.Errorf("%s fills in %q: %w", u.Name, dialog.Dialog.Title, err)
	}
	response, _, err := u.Client.SubmitInteractiveDialog(context.Background(), model.SubmitDialogRequest{
		URL: dialog.URL, CallbackId: dialog.Dialog.CallbackId, State: dialog.Dialog.State,
		ChannelId: u.where(), TeamId: u.team.Id, Submission: submission,
	})
	if err != nil {
		return nil, fmt.Errorf("%s submits %q: %w", u.Name, dialog.Dialog.Title, err)
	}
	return response, nil
}

func (u *User) act(channelID string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.channel = channelID
}

func (u *User) where() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.channel
}

// fill returns what a client sends for the fields of a dialog; fields left empty are not in it.
func fill(fields []model.DialogElement, values map[string]any) (map[string]any, error) {
	submission := map[string]any{}
	for _, field := range fields {
		value, given := values[field.Name]
		if !given {
			value = field.Default
		}
		if value == "" && field.Type == "bool" {
			value = "false"
		}
		if value == "" {
			if !field.Optional {
				return nil, fmt.Errorf("field %s is required", field.Name)
			}
			continue
		}
		value, err := entered(field, value)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", field.Name, err)
		}
		submission[field.Name] = value
	}
	for name := range values {
		if !slices.ContainsFunc(fields, func(f model.DialogElement) bool { return f.Name == name }) {
			return nil, fmt.Errorf("there is no field %s", name)
		}
	}
	return submission, nil
}

// entered is the value that a field sends when a person enters this one; a list of values, for a
// multiselect, is sent as it is.
func entered(field model.DialogElement, value any) (any, error) {
	text, isText := value.(string)
	switch {
	case !isText:
		return value, nil
	case field.Type == "bool":
		return strconv.ParseBool(text)
	case field.Type == "text" && field.SubType == "number":
		return strconv.ParseFloat(text, 64)
	case field.Type != "select" && field.Type != "radio" || field.DataSource != "":
		return text, nil
	}
	offered := make([]string, len(field.Options))
	for i, option := range field.Options {
		offered[i] = option.Value
	}
	if !slices.Contains(offered, text) {
		return nil, fmt.Errorf("%q is not one of %s", text, strings.Join(offered, ", "))
	}
	return text, nil
}
