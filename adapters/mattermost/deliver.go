package mattermost

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/internal/chat"
)

// keyProp is the property of a post that holds its Key. Anybody can give their
// own posts any property, so it says something on the bot's posts only.
const keyProp = "kansbot_key"

// clockMargin is how far the server's clock may be behind ours when looking for
// a post that was made "since".
const clockMargin = 5 * time.Minute

// searchPages bounds how much of a channel is read back to find a post: pages
// of 200 posts.
const searchPages = 50

// Deliver implements chat.Platform. A post of which the thread's first post is
// gone is Refused.
func (a *Adapter) Deliver(ctx context.Context, d chat.Delivery) (chat.PostID, error) {
	id, err := a.deliver(ctx, d)
	if err != nil {
		return "", failure(err)
	}
	return id, nil
}

func (a *Adapter) deliver(ctx context.Context, d chat.Delivery) (chat.PostID, error) {
	// Until an earlier attempt has been looked for, no failure of ours says
	// that it did not land; but where we may not look, we never will.
	unsure := func(err error) error {
		if f := failure(err); d.Unsure && f.Outcome != chat.Refused {
			return &chat.Failure{Outcome: chat.Unknown, After: f.After, Err: f.Err}
		}
		return err
	}
	me, err := a.me(ctx)
	if err != nil {
		return "", unsure(err)
	}
	channel := d.To.Channel
	if d.To.User != "" {
		if channel, err = a.direct(ctx, d.To.User); err != nil {
			return "", unsure(err)
		}
	}
	body, err := a.render(ctx, d.Body)
	if err != nil {
		return "", unsure(err)
	}
	// An edit replaces all properties, from_bot included.
	props := model.StringInterface{keyProp: d.Key, model.PostPropsFromBot: "true"}
	if len(body.Attachments) > 0 {
		props[model.PostPropsAttachments] = body.Attachments
	}
	if d.Edits != "" {
		_, resp, err := a.api.PatchPost(ctx, string(d.Edits), &model.PostPatch{Message: &body.Message, Props: &props})
		return d.Edits, checked(resp, err)
	}
	if d.Unsure {
		id, err := a.find(ctx, me.Id, channel, d)
		if err != nil {
			return "", unsure(err)
		}
		if id != "" {
			return id, nil
		}
	}
	post, resp, err := a.api.CreatePost(ctx, &model.Post{
		ChannelId: channel, RootId: string(d.Under), Message: body.Message, Props: props,
		PendingPostId: me.Id + ":" + a.pendingID(d.Key),
	})
	if err := checked(resp, err); err != nil {
		return "", err
	}
	if post.UserId != me.Id || post.ChannelId != channel {
		// Somebody else's post with our pending id, which the server keeps for 30 s.
		return "", &chat.Failure{Outcome: chat.NotSent, After: 31 * time.Second, Err: errors.New("mattermost: the server answered with another post")}
	}
	return chat.PostID(post.Id), nil
}

// render renders a post or direct message, looking up whom it mentions. Whoever
// the server knows nothing of stays a name; but while it cannot say, there is no
// post: without its mention it would reach nobody, for good.
func (a *Adapter) render(ctx context.Context, body chat.Message) (rendered, error) {
	var failed error
	out := renderer{actionURL: a.actionURL(), handle: func(id string) string {
		if failed != nil {
			return ""
		}
		u, err := a.user(ctx, id)
		if err == nil {
			return u.Username
		}
		if f := failure(err); f.Outcome == chat.Refused {
			a.log.Warn("nobody to mention", "user", id, "err", err)
		} else {
			failed = &chat.Failure{Outcome: chat.NotSent, After: f.After, Err: f.Err}
		}
		return ""
	}}.message(body)
	return out, failed
}

// pendingID is the same for each attempt at a post: within 30 s the server then
// answers with the first one. Nobody else may be able to make it, since the
// server answers whoever uses it first.
func (a *Adapter) pendingID(key string) string {
	mac := hmac.New(sha256.New, []byte(a.settings.ActionSecret))
	mac.Write([]byte("pending post " + key))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// find reads a channel back, threads included, for the bot's post with the
// delivery's key.
func (a *Adapter) find(ctx context.Context, me, channel string, d chat.Delivery) (chat.PostID, error) {
	since := d.Since.Add(-clockMargin).UnixMilli()
	oldest := ""
	for range searchPages {
		var list *model.PostList
		var resp *model.Response
		var err error
		if oldest == "" {
			list, resp, err = a.api.GetPostsForChannel(ctx, channel, 0, 200, "", false, false)
		} else {
			list, resp, err = a.api.GetPostsBefore(ctx, channel, oldest, 0, 200, "", false, false)
		}
		if err := checked(resp, err); err != nil {
			return "", err
		}
		for _, id := range list.Order {
			post := list.Posts[id]
			if post == nil || post.CreateAt < since {
				return "", nil
			}
			if post.UserId == me && post.GetProp(keyProp) == d.Key {
				return chat.PostID(id), nil
			}
			oldest = id
		}
		if len(list.Order) < 200 {
			return "", nil
		}
	}
	return "", errors.New("mattermost: too many posts since to find one")
}

// failure says what an error means for the message. Only Mattermost's own word
// makes it Refused: a proxy's 404 or 403 passes.
func failure(err error) *chat.Failure {
	if known := (*chat.Failure)(nil); errors.As(err, &known) {
		return known
	}
	f := (*fault)(nil)
	if !errors.As(err, &f) {
		return &chat.Failure{Outcome: chat.Unknown, Err: err}
	}
	out := &chat.Failure{Outcome: chat.Unknown, After: f.after, Err: f}
	switch {
	case f.status == 0:
		if neverSent(f.cause) {
			out.Outcome = chat.NotSent
		}
	case f.status == http.StatusTooManyRequests:
		out.Outcome, out.After = chat.NotSent, max(f.after, time.Second)
	case f.status == http.StatusUnauthorized:
		out.Outcome, out.After = chat.NotSent, max(f.after, time.Minute)
	case f.status == http.StatusRequestTimeout:
	case f.status >= 300 && f.status < 500 && f.id == "" && f.status != http.StatusRequestEntityTooLarge:
		out.Outcome, out.After = chat.NotSent, max(f.after, time.Minute)
	case f.status >= 400 && f.status < 500:
		out.Outcome = chat.Refused
	}
	return out
}

// neverSent says that there was no connection to send the request over.
func neverSent(err error) bool {
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	dns, cert, host, authority := (*net.DNSError)(nil), x509.CertificateInvalidError{}, x509.HostnameError{}, x509.UnknownAuthorityError{}
	return errors.As(err, &dns) || errors.As(err, &cert) || errors.As(err, &host) || errors.As(err, &authority)
}
