package slack

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"kansbot/internal/chat"
)

// callback is the callback id of our modals.
const callback = "kansbot"

// inputAction is the action id of every input; its block id is the field's
// name.
const inputAction = "value"

// What fits in a modal and its elements, in characters, and in options.
const (
	maxTitle   = 24 // and on its buttons
	maxHint    = 2000
	maxOptions = 100
	maxChecks  = 10
	maxRadios  = 4 // of ours: more are a menu
)

// modal makes a form's modal. All that it carries of what it is about is the
// form's id, as its private metadata. The button that closes it is Slack's own,
// in the person's language.
func modal(f chat.Form) slack.ModalViewRequest {
	view := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: callback, PrivateMetadata: f.ID,
		Title: labelled(f.Title, maxTitle), Submit: labelled(f.Submit, maxTitle),
		Blocks: slack.Blocks{BlockSet: []slack.Block{}},
	}
	if intro := strings.TrimSpace(chat.Clean(f.Intro)); intro != "" {
		view.Blocks.BlockSet = append(view.Blocks.BlockSet, slack.NewSectionBlock(label(first(intro, maxText)), nil, nil))
	}
	for _, field := range f.Fields {
		if e := element(field); e != nil {
			input := slack.NewInputBlock(field.Name, labelled(field.Label, maxHint), nil, e).WithOptional(field.Optional)
			if hint := oneLine(field.Hint); hint != "" {
				input.Hint = label(first(hint, maxHint))
			}
			view.Blocks.BlockSet = append(view.Blocks.BlockSet, input)
		}
	}
	return view
}

// element is what a field is filled in with; nil when there is nothing to
// choose from, which Slack refuses.
func element(f chat.Field) slack.BlockElement {
	options := optionsOf(f.Options)
	value := ""
	if len(f.Value) > 0 {
		value = f.Value[0]
	}
	chosen := among(options, f.Value)
	switch {
	case f.Kind == chat.Line || f.Kind == chat.Lines:
		e := slack.NewPlainTextInputBlockElement(nil, inputAction).WithMaxLength(min(f.Limit(), maxText)).WithMultiline(f.Kind == chat.Lines)
		return e.WithInitialValue(beginningOf(value, e))
	case len(options) == 0:
		return nil
	case f.Kind == chat.One && len(options) <= maxRadios && !f.Optional: // a radio button cannot be let go of
		e := slack.NewRadioButtonsBlockElement(inputAction, options...)
		e.InitialOption = one(chosen)
		return e
	case f.Kind == chat.One:
		return slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, inputAction, options...).WithInitialOption(one(chosen))
	case f.Kind == chat.Many && len(options) <= maxChecks:
		e := slack.NewCheckboxGroupsBlockElement(inputAction, options...)
		e.InitialOptions = chosen
		return e
	case f.Kind == chat.Many:
		return slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeStatic, nil, inputAction, options...).WithInitialOptions(chosen...)
	}
	return nil
}

// beginningOf is as much of a text as can be sent in again. Nothing else may be
// lost of it: it is what somebody typed.
func beginningOf(text string, e *slack.PlainTextInputBlockElement) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if !e.Multiline {
		text = strings.ReplaceAll(chat.Clean(text), "\n", " ")
	}
	if runes := []rune(text); e.MaxLength > 0 && len(runes) > e.MaxLength {
		text = string(runes[:e.MaxLength])
	}
	return text
}

func optionsOf(from []chat.Option) (options []*slack.OptionBlockObject) {
	for _, o := range from[:min(len(from), maxOptions)] {
		options = append(options, slack.NewOptionBlockObject(o.Key, labelled(cmp.Or(oneLine(o.Label), o.Key), maxLabel), nil))
	}
	return options
}

// among are the options with these values: to Slack, an initial option is one
// of the others to the letter.
func among(options []*slack.OptionBlockObject, values []string) (chosen []*slack.OptionBlockObject) {
	for _, o := range options {
		if slices.Contains(values, o.Value) {
			chosen = append(chosen, o)
		}
	}
	return chosen
}

func one(chosen []*slack.OptionBlockObject) *slack.OptionBlockObject {
	if len(chosen) == 0 {
		return nil
	}
	return chosen[0]
}

// page is a modal without questions, that shows m.
func page(title string, m chat.Message, close string) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: callback, Title: labelled(title, maxTitle), Close: labelled(close, maxTitle),
		Blocks: slack.Blocks{BlockSet: lay(m, viewBlocks, viewRoom)},
	}
}

// filled reads what was entered in a modal. What was left open is there, as
// nothing.
func filled(state *slack.ViewState) map[string][]string {
	values := make(map[string][]string)
	if state == nil {
		return values
	}
	for name, actions := range state.Values {
		values[name] = entered(actions[inputAction])
	}
	return values
}

func entered(a slack.BlockAction) (values []string) {
	for _, o := range append(slices.Clone(a.SelectedOptions), a.SelectedOption) {
		if o.Value != "" {
			values = append(values, o.Value)
		}
	}
	if a.Value != "" {
		values = append(values, unescape(a.Value))
	}
	return values
}

// problemBlock is the prefix of the ids of the blocks that tell what is wrong.
const problemBlock = "problem."

// corrected is a modal that was sent in, to show again: with what was entered,
// and what is wrong under each field; by the empty name, above them all.
func corrected(sent slack.View, problems map[string]string) slack.ModalViewRequest {
	view := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: sent.CallbackID, PrivateMetadata: sent.PrivateMetadata,
		Title: sent.Title, Submit: sent.Submit, Close: sent.Close,
	}
	values := filled(sent.State)
	var blocks []slack.Block
	left := maps.Clone(problems)
	for _, b := range sent.Blocks.BlockSet {
		if strings.HasPrefix(b.ID(), problemBlock) {
			continue
		}
		input, ok := b.(*slack.InputBlock)
		if !ok {
			blocks = append(blocks, b)
			continue
		}
		again := *input
		if value, ok := values[input.BlockID]; ok {
			again.Element = refilled(input.Element, value)
		}
		blocks = append(blocks, &again)
		if problem := left[input.BlockID]; problem != "" {
			blocks = append(blocks, wrong(input.BlockID, problem))
		}
		delete(left, input.BlockID)
	}
	var above []slack.Block
	for _, name := range slices.Sorted(maps.Keys(left)) {
		above = append(above, wrong(name, left[name]))
	}
	view.Blocks.BlockSet = append(append([]slack.Block{}, above...), blocks...)
	return view
}

func wrong(name, problem string) slack.Block {
	text := first(strings.TrimSpace(chat.Clean(problem)), maxText-2)
	return slack.NewContextBlock(problemBlock+name, label("⚠ "+cmp.Or(text, nothing)))
}

// refilled is an input that begins with other values.
func refilled(e slack.BlockElement, values []string) slack.BlockElement {
	switch e := e.(type) {
	case *slack.PlainTextInputBlockElement:
		again := *e
		return again.WithInitialValue(beginningOf(strings.Join(values, ""), e))
	case *slack.RadioButtonsBlockElement:
		again := *e
		again.InitialOption = one(among(e.Options, values))
		return &again
	case *slack.SelectBlockElement:
		again := *e
		return again.WithInitialOption(one(among(e.Options, values)))
	case *slack.CheckboxGroupsBlockElement:
		again := *e
		again.InitialOptions = among(e.Options, values)
		return &again
	case *slack.MultiSelectBlockElement:
		again := *e
		return again.WithInitialOptions(among(e.Options, values)...)
	}
	return e
}
