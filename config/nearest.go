package config

import "strings"

// didYouMean is "; bedoel je NAME?" for the name that key most likely is a slip
// of, or empty. A key in the wrong place, token for mattermost.token, counts.
func didYouMean(key string, names []string) string {
	best, distance := "", 0
	for _, name := range names {
		d := edits(key, name)
		if last := name[strings.LastIndex(name, ".")+1:]; last == key[strings.LastIndex(key, ".")+1:] {
			d = 1
		}
		if d <= (len(name)+2)/3 && (best == "" || d < distance) {
			best, distance = name, d
		}
	}
	if best == "" {
		return ""
	}
	return "; bedoel je " + best + "?"
}

// edits is the number of bytes to insert, delete or replace to make b of a.
func edits(a, b string) int {
	if len(a) > 2*len(b)+2 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
