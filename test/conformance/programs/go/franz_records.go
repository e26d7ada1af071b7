package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Producing and consuming.
func franzRecordCases() []testCase {
	var cases []testCase
	add := func(name string, run func(ctx context.Context) any) { cases = append(cases, testCase{name, run}) }

	for _, name := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		codec := codecs()[name]
		add("produces and consumes, compression "+name, func(ctx context.Context) any {
			topic := franzTopic(ctx, "kgo-"+name, 2)
			franzSend(ctx, topic, 1000, 2, kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(20*time.Millisecond))
			c := franz(kgo.ConsumeTopics(topic))
			defer c.Close()
			read := franzRead(ctx, c, 1000)
			seen := map[string]bool{}
			for _, r := range read {
				seen[string(r.Value)] = true
			}
			r := read[len(read)-1]
			return []any{len(read), len(seen), len(r.Headers), r.LeaderEpoch, r.Attrs.CompressionType()}
		})
		add("finds an offset by time, compression "+name, func(ctx context.Context) any {
			topic := franzTopic(ctx, "kgo-time-"+name, 1)
			c := franz(kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(50*time.Millisecond))
			defer c.Close()
			var records []*kgo.Record
			for i := 0; i < 100; i++ {
				records = append(records, &kgo.Record{Topic: topic, Value: bytes.Repeat([]byte("x"), 100), Timestamp: time.UnixMilli(1_700_000_000_000 + int64(i)*1000)})
			}
			must(c.ProduceSync(ctx, records...).FirstErr())
			a := kadm.NewClient(c)
			found := []any{}
			for _, at := range []int64{0, 1_700_000_010_000, 1_700_000_010_001, 1_700_000_099_000, 1_700_000_099_001} {
				l := got(a.ListOffsetsAfterMilli(ctx, at, topic))
				o, _ := l.Lookup(topic, 0)
				found = append(found, []any{o.Offset, o.Timestamp, o.LeaderEpoch, errorText(o.Err)})
			}
			m, _ := got(a.ListMaxTimestampOffsets(ctx, topic)).Lookup(topic, 0)
			return append(found, m.Offset, m.Timestamp)
		})
	}
	for _, acks := range []int{0, 1, -1} {
		add(fmt.Sprintf("produces without idempotence, acks %d", acks), func(ctx context.Context) any {
			topic := franzTopic(ctx, fmt.Sprintf("kgo-acks%d", acks), 1)
			which := map[int]kgo.Acks{0: kgo.NoAck(), 1: kgo.LeaderAck(), -1: kgo.AllISRAcks()}[acks]
			franzSend(ctx, topic, 100, 1, kgo.RequiredAcks(which), kgo.DisableIdempotentWrite())
			c := franz(kgo.ConsumeTopics(topic))
			defer c.Close()
			return len(franzRead(ctx, c, 100))
		})
	}
	add("consumes from given places", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-places", 1)
		franzSend(ctx, topic, 20, 1)
		from := func(o kgo.Offset) []string {
			c := franz(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: o}}))
			defer c.Close()
			return values(franzRead(ctx, c, 1))[:1]
		}
		return []any{from(kgo.NewOffset().At(5)), from(kgo.NewOffset().AtEnd().Relative(-3)), from(kgo.NewOffset().AtStart().Relative(2)), from(kgo.NewOffset().At(5).WithEpoch(0)), from(kgo.NewOffset().AfterMilli(1)), from(kgo.NewOffset().AtCommitted().AtStart())}
	})
	add("offsets out of range", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-range", 1)
		franzSend(ctx, topic, 20, 1)
		a := franzAdmin()
		defer a.Close()
		deleted := got(a.DeleteRecords(ctx, kadm.Offsets{topic: {0: kadm.Offset{Topic: topic, Partition: 0, At: 7}}}))
		start, _ := got(a.ListStartOffsets(ctx, topic)).Lookup(topic, 0)
		c := franz(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(3)}}), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		defer c.Close()
		first := franzRead(ctx, c, 1)[0].Offset
		n := franz(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(3)}}), kgo.ConsumeResetOffset(kgo.NoResetOffset()))
		defer n.Close()
		f := n.PollFetches(ctx)
		return []any{deleted[topic][0].LowWatermark, start.Offset, first, errorText(f.Err0())}
	})
	add("follows a regular expression and a new topic", func(ctx context.Context) any {
		franzTopic(ctx, "kgo-regex-a", 1)
		c := franz(kgo.ConsumeTopics("^kgo-regex-.*"), kgo.ConsumeRegex(), kgo.MetadataMinAge(200*time.Millisecond), kgo.MetadataMaxAge(500*time.Millisecond))
		defer c.Close()
		franzSend(ctx, "kgo-regex-a", 1, 1)
		one := len(franzRead(ctx, c, 1))
		franzTopic(ctx, "kgo-regex-b", 1)
		franzSend(ctx, "kgo-regex-b", 2, 1)
		return []any{one, len(franzRead(ctx, c, 2))}
	})
	add("a topic that is deleted and made again while it is read", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-recreated", 1)
		franzSend(ctx, topic, 5, 1)
		c := franz(kgo.ConsumeTopics(topic), kgo.MetadataMinAge(200*time.Millisecond), kgo.MetadataMaxAge(500*time.Millisecond))
		defer c.Close()
		before := len(franzRead(ctx, c, 5))
		a := franzAdmin()
		defer a.Close()
		got(a.DeleteTopics(ctx, topic))
		until(ctx, "gone", func() bool { l, _ := a.ListTopics(ctx, topic); return l[topic].Err != nil })
		franzTopic(ctx, topic, 1)
		franzSend(ctx, topic, 7, 1)
		after := franz(kgo.ConsumeTopics(topic))
		defer after.Close()
		return []any{before, len(franzRead(ctx, after, 7))}
	})
	add("a topic that is not there", func(ctx context.Context) any {
		c := franz(kgo.UnknownTopicRetries(1))
		defer c.Close()
		without := c.ProduceSync(ctx, &kgo.Record{Topic: "kgo-absent", Value: []byte("x")}).FirstErr()
		m := franz(kgo.AllowAutoTopicCreation())
		defer m.Close()
		with := m.ProduceSync(ctx, &kgo.Record{Topic: "kgo-auto", Value: []byte("x")}).FirstErr()
		return []any{errorText(without), errorText(with)}
	})
	add("a large message", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-large", 1)
		a := franzAdmin()
		defer a.Close()
		size := "20000000"
		altered := got(a.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: &size}}, topic))
		big := make([]byte, 10_000_000)
		rand.New(rand.NewSource(1)).Read(big)
		c := franz(kgo.ProducerBatchMaxBytes(15_000_000), kgo.MaxBufferedRecords(10), kgo.ConsumeTopics(topic), kgo.FetchMaxPartitionBytes(1_000))
		defer c.Close()
		var err error
		until(ctx, "settings", func() bool {
			err = c.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: big}).FirstErr()
			return err == nil
		})
		return []any{errorText(altered[0].Err), bytes.Equal(franzRead(ctx, c, 1)[0].Value, big)}
	})
	add("a message that is too large", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-too-large", 1)
		c := franz(kgo.ProducerBatchMaxBytes(5_000_000))
		defer c.Close()
		big := make([]byte, 2_000_000)
		rand.New(rand.NewSource(1)).Read(big)
		return errorText(c.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: big}).FirstErr())
	})
	add("reconnects after the connection was idle for long", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-idle", 1)
		c := franz(kgo.DefaultProduceTopic(topic), kgo.ConnIdleTimeout(300*time.Millisecond), kgo.ConsumeTopics(topic))
		defer c.Close()
		must(c.ProduceSync(ctx, kgo.StringRecord("a")).FirstErr())
		time.Sleep(1200 * time.Millisecond)
		must(c.ProduceSync(ctx, kgo.StringRecord("b")).FirstErr())
		return values(franzRead(ctx, c, 2))
	})
	return cases
}
