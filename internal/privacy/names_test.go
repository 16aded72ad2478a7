package privacy

import (
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestEveryWordIsInOneList(t *testing.T) {
	var lists map[string]string
	if err := yaml.Unmarshal(namesFile, &lists); err != nil {
		t.Fatal(err)
	}
	if len(lists) != 11 {
		t.Errorf("%d lists, want 11", len(lists))
	}
	owner := map[string]string{}
	for list, words := range lists {
		if words == "" {
			t.Errorf("%s is empty", list)
		}
		for w := range strings.FieldsSeq(words) {
			if w != fold(w) {
				t.Errorf("%s: %q is not folded", list, w)
			}
			if list == "things" || list == "endings" {
				continue // these say something else of a word
			}
			if other, taken := owner[w]; taken {
				t.Errorf("%q is in %s and %s", w, other, list)
			}
			owner[w] = list
		}
	}
	for month := range months {
		if c := theLexicon().class[month]; c != other && len(month) > 4 {
			t.Errorf("%s could be a name", month)
		}
	}
}

func TestIsCapitalised(t *testing.T) {
	for word, want := range map[string]bool{
		"Emma": true, "Élise": true, "Zoe\u0308": true, "Anne-Fleur": true, "Anne‑Fleur": true, "O'Neill": true, "O’Neill": true,
		"IJsbrand": true, "McNeill": true, "Emma's": true,
		"emma": false, "GGD": false, "ParnasSys": false, "CJG-coach": false, "A": false, "IB'er": false, "mIa": false, "éMma": false, "": false,
	} {
		if isCapitalised(word) != want {
			t.Errorf("isCapitalised(%q) is not %v", word, want)
		}
	}
}

func TestScan(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"IB'er belt", []string{"IB'er", "belt"}},
		{"Anne-Fleur - nee", []string{"Anne-Fleur", "-", "nee"}},
		{"'s ochtends'", []string{"'", "s", "ochtends", "'"}},
		{"K-014, 1.5", []string{"K", "-", "014", ",", "1", ".", "5"}},
		{"12mei2015", []string{"12", "mei", "2015"}},
		{"1\u200b2\ufe0f3", []string{"1\u200b2\ufe0f3"}},
		{"e\u0301e\u0301n", []string{"e\u0301e\u0301n"}},
		{"\u200bab", []string{"ab"}},
		{"a--b", []string{"a", "-", "-", "b"}},
		{"\xffa", []string{"\xff", "a"}},
	} {
		tokens, _ := scan(tt.text)
		var got []string
		for _, tok := range tokens {
			got = append(got, tt.text[tok.start:tok.end])
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("scan(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
	if _, digits := scan("１2 ٣-४ 𝟗a5"); string(digits) != "123495" {
		t.Errorf("digits = %s", digits)
	}
}

func TestFold(t *testing.T) {
	for word, want := range map[string]string{
		"Suïcide": "suicide", "Sui\u0308cide": "suicide", "ÉÉN": "een", "IB’er": "ib'er", "zelf\u00admoord": "zelfmoord", "CJG‑coach": "cjg-coach",
	} {
		if got := fold(word); got != want {
			t.Errorf("fold(%q) = %q, want %q", word, got, want)
		}
	}
}
