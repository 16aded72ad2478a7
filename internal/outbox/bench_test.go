package outbox

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"kansbot/adapters/bolt"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
)

// instant is a platform that costs nothing.
type instant struct{ imitation }

func (*instant) Deliver(_ context.Context, d chat.Delivery) (chat.PostID, error) {
	return chat.PostID(d.Key), nil
}

// Posts are spread evenly over the lanes, with as many workers as lanes.
func BenchmarkDispatch(b *testing.B) {
	for _, n := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("lanes=%d", n), func(b *testing.B) {
			db, err := bolt.Open(filepath.Join(b.TempDir(), "kansbot.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			for from := 0; from < b.N; from += 1000 {
				err := db.Update(b.Context(), func(tx kv.Tx) error {
					for i := from; i < min(from+1000, b.N); i++ {
						post := chat.Post{Key: fmt.Sprint(i), To: channel(fmt.Sprint(i % n)), Body: says("Kans!overleg op dinsdag 12 januari om 13:30")}
						if err := Put(tx, post); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			d := New(db, []chat.Platform{&instant{imitation{name: "imitation"}}}, Options{Now: time.Now, Workers: n})
			ctx, cancel := context.WithCancel(b.Context())
			ended := make(chan error, 1)
			b.ReportAllocs()
			b.ResetTimer()
			go func() { ended <- d.Run(ctx) }()
			if err := d.Drain(ctx); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
			cancel()
			if err := <-ended; err != nil {
				b.Fatal(err)
			}
			if got := d.Counts().Delivered; got != uint64(b.N) {
				b.Fatalf("%d of %d delivered", got, b.N)
			}
		})
	}
}
