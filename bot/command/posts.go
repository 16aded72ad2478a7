package command

import (
	"reflect"
	"strconv"

	"kansbot/internal/chat"
	"kansbot/internal/outbox"
	"kansbot/internal/store"
)

// key is the outbox key of a post of this kernteam.
func (r *Request) key(kind string, nr int, more ...string) string {
	k := kind + "/" + r.team.ID + "/" + strconv.Itoa(nr)
	for _, m := range more {
		k += "/" + m
	}
	return k
}

// channel is where the kernteam lives.
func (r *Request) channel() chat.To {
	return chat.To{Platform: r.team.Platform, Workspace: r.team.Workspace, Channel: r.team.Channel}
}

// post puts a message for the channel in the outbox; under is the key of the
// thread's first post, or empty.
func (r *Request) post(key, under string, body chat.Message) error {
	return outbox.Put(r.tx, chat.Post{Key: key, To: r.channel(), Under: under, Body: body})
}

// direct puts a message for one person in the outbox.
func (r *Request) direct(key, user string, body chat.Message) error {
	to := chat.To{Platform: r.team.Platform, Workspace: r.team.Workspace, User: user}
	return outbox.Put(r.tx, chat.Post{Key: key, To: to, Body: body})
}

func (r *Request) replace(key string, body chat.Message) error {
	return outbox.Replace(r.tx, key, body)
}

// notice posts something in the channel that happens any number of times.
func (r *Request) notice(body chat.Message) error {
	n, err := store.Next(r.tx, "notice", r.team.ID)
	if err != nil {
		return err
	}
	return r.post(r.key("notice", n), "", body)
}

// refresh changes a post if it was ever made.
func (r *Request) refresh(key string, body chat.Message) error {
	_, found, err := outbox.Get(r.tx, key)
	if err != nil || !found {
		return err
	}
	return r.replace(key, body)
}

// renew is refresh for what mostly stays as it is.
func (r *Request) renew(key string, body chat.Message) error {
	post, found, err := outbox.Get(r.tx, key)
	if err != nil || !found || reflect.DeepEqual(post.Post.Body, body) {
		return err
	}
	return r.replace(key, body)
}

// takeBack withdraws a post that was not there yet; else it becomes body.
func (r *Request) takeBack(key string, body chat.Message) error {
	withdrawn, err := outbox.Withdraw(r.tx, key)
	if err != nil || withdrawn {
		return err
	}
	return r.refresh(key, body)
}

// posted counts the posts of a row, of which the first has number 1.
func (r *Request) posted(key func(nth int) string) (n int, err error) {
	for {
		_, found, err := outbox.Get(r.tx, key(n+1))
		if err != nil || !found {
			return n, err
		}
		n++
	}
}
