package practice_test

import (
	"testing"

	"kansbot/adapters/practice"
	"kansbot/bot/view/viewtest"
	"kansbot/internal/text"
)

func TestSampleGoldens(t *testing.T) {
	viewtest.Golden(t, "testdata/golden", practice.Update(), func(lang text.Lang, s viewtest.Sample) string {
		page, err := practice.Rendered(string(lang), s.Body, s.Post)
		if err != nil {
			t.Fatal(err)
		}
		return page
	})
}
