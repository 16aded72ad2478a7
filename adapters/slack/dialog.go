package slack

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"kansbot/internal/chat"
)

// answering is for telling a reply: the handler's time is not its.
func answering() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), answerTime)
}

// fillTime is how long somebody who looks at a modal waits for what comes there.
const fillTime = 10 * time.Second

// give answers after the acknowledgement.
func (a *Adapter) give(from asker, reply chat.Reply) {
	if reply.Form != nil {
		a.hooks.keep(reply.Form.ID, from.hook, a.now())
		if _, err := a.open(from, modal(*reply.Form)); err != nil {
			a.log.Error("form not opened", "err", err)
			reply.Body = append(reply.Body, notice(a.say(from).noForm)...)
		}
	}
	a.tell(from, reply.Body)
}

// late answers when the core takes long. As the reply may be a form, and the
// trigger does not wait, a modal opens at once, and shows later what came.
func (a *Adapter) late(from asker, pending <-chan chat.Reply) {
	id, err := a.open(from, waiting(a.say(from)))
	reply := <-pending
	if err == nil {
		a.fill(from, id, nil, reply)
		return
	}
	a.log.Error("modal not opened", "err", err)
	if reply.Form != nil {
		reply.Body = append(reply.Body, notice(a.say(from).noForm)...)
	}
	a.tell(from, reply.Body)
}

// open opens a modal and gives its id. The trigger is worth three seconds.
func (a *Adapter) open(from asker, view slack.ModalViewRequest) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), ackTime)
	defer cancel()
	opened, err := from.w.api.OpenViewContext(ctx, from.trigger, view)
	if err := checked(err); err != nil {
		return "", err
	}
	return opened.ID, nil
}

// fill shows in an open modal what came; sent is the form that was in it, if
// any. To somebody who closed it meanwhile it is said otherwise.
func (a *Adapter) fill(from asker, id string, sent *slack.View, reply chat.Reply) {
	say := a.say(from)
	body := reply.Body
	var view slack.ModalViewRequest
	switch {
	case len(reply.Problems) > 0 && sent != nil:
		view = corrected(*sent, reply.Problems)
		body = nil
	case reply.Form != nil:
		a.hooks.keep(reply.Form.ID, from.hook, a.now())
		view = modal(*reply.Form)
	case len(body) == 0:
		view = page(title, notice(say.done), say.close)
	default:
		view = page(title, body, say.close)
		body = nil
	}
	a.hooks.keep(id, from.hook, a.now())
	ctx, cancel := context.WithTimeout(context.Background(), fillTime)
	defer cancel()
	_, err := from.w.api.UpdateViewContext(ctx, view, "", "", id)
	if err := checked(err); err != nil {
		a.log.Warn("modal not filled", "err", err)
		body = reply.Body
		for _, field := range slices.Sorted(maps.Keys(reply.Problems)) {
			body = append(body, notice(reply.Problems[field])...)
		}
		if reply.Form != nil {
			body = append(body, notice(say.noForm)...)
		}
	}
	a.tell(from, body)
}

// title is above a modal that is no form.
const title = "Kansbot"

func waiting(say phrases) slack.ModalViewRequest {
	return page(title, notice(say.moment), say.close)
}

// submitted takes a form that was sent in. Who did that is Slack's word, and
// that the form is one of ours, as only we can open our modals; whose it is and
// what it is about is for the core to know.
func (a *Adapter) submitted(in interaction, from asker) answer {
	var sent slack.View
	if json.Unmarshal(in.View, &sent) != nil {
		return answer{refused: http.StatusBadRequest}
	}
	if sent.CallbackID != callback {
		return answer{}
	}
	from.form = sent.PrivateMetadata
	if from.form == "" || len(from.form) > 200 {
		return answer{refused: http.StatusBadRequest}
	}
	from.channel, from.hook = "", a.hooks.of(from.form)
	pending := a.begin(from, "", func(context.Context) chat.Act {
		return chat.Submitted{Form: from.form, Values: filled(sent.State)}
	})
	reply, done := a.prompted(pending)
	later := func() {
		time.Sleep(a.prompt / 3) // Slack must have seen the answer before, or that would undo this
		if !done {
			reply = <-pending
		}
		a.fill(from, sent.ID, &sent, reply)
	}
	got := answer{payload: updated(waiting(a.say(from))), then: later}
	if !done {
		return got
	}
	switch {
	case len(reply.Problems) > 0:
		if wrong := errorsOf(sent, reply.Problems); len(wrong) > 0 {
			return answer{payload: slack.NewErrorsViewSubmissionResponse(wrong)}
		}
		return got
	case reply.Form != nil:
		next := updated(modal(*reply.Form))
		if !fits(next) {
			return got
		}
		a.hooks.keep(reply.Form.ID, from.hook, a.now())
		got.payload = next
	default:
		got.payload = nil // which closes it
	}
	got.then = nil
	if len(reply.Body) > 0 {
		got.then = func() { a.tell(from, reply.Body) }
	}
	return got
}

func updated(view slack.ModalViewRequest) *slack.ViewSubmissionResponse {
	return slack.NewUpdateViewSubmissionResponse(&view)
}

// errorsOf puts each problem at its field, and what belongs at none at the
// first; nil for a view without fields. Slack shows nothing of an answer that
// names anything else.
func errorsOf(sent slack.View, problems map[string]string) map[string]string {
	var fields []string
	for _, block := range sent.Blocks.BlockSet {
		if block.BlockType() == slack.MBTInput && block.ID() != "" {
			fields = append(fields, block.ID())
		}
	}
	if len(fields) == 0 {
		return nil
	}
	wrong := make(map[string]string)
	for _, name := range slices.Sorted(maps.Keys(problems)) {
		at := name
		if !slices.Contains(fields, at) {
			at = fields[0]
		}
		wrong[at] = strings.TrimPrefix(wrong[at]+"\n"+problems[name], "\n")
	}
	return wrong
}
