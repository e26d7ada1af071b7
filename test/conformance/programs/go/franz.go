package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func franz(opts ...kgo.Opt) *kgo.Client {
	return got(kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(broker)}, opts...)...))
}

func franzAdmin() *kadm.Client { return kadm.NewClient(franz()) }

func franzTopic(ctx context.Context, name string, partitions int32) string {
	a := franzAdmin()
	defer a.Close()
	got(a.CreateTopic(ctx, partitions, 1, nil, name))
	until(ctx, "topic "+name, func() bool {
		details, err := a.ListTopics(ctx, name)
		return err == nil && details.Error() == nil && len(details[name].Partitions) == int(partitions)
	})
	return name
}

func franzSend(ctx context.Context, topic string, count int, partitions int, opts ...kgo.Opt) {
	c := franz(append(opts, kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	defer c.Close()
	records := make([]*kgo.Record, count)
	for i := range records {
		records[i] = &kgo.Record{Topic: topic, Partition: int32(i % partitions), Key: []byte(fmt.Sprint(i)), Value: []byte(fmt.Sprintf("value %d", i)),
			Headers: []kgo.RecordHeader{{Key: "number", Value: []byte(fmt.Sprint(i))}, {Key: "empty"}}}
	}
	must(c.ProduceSync(ctx, records...).FirstErr())
}

func franzRead(ctx context.Context, c *kgo.Client, count int) []*kgo.Record {
	var all []*kgo.Record
	for len(all) < count {
		fetches := c.PollFetches(ctx)
		must(fetches.Err())
		all = append(all, fetches.Records()...)
	}
	return all
}

func values(records []*kgo.Record) []string {
	found := []string{}
	for _, r := range records {
		found = append(found, string(r.Value))
	}
	return found
}

func codecs() map[string]kgo.CompressionCodec {
	return map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
}

func franzCases() []testCase {
	return slices.Concat(franzRecordCases(), franzGroupCases(), franzAdminCases(), franzAccountCases(), franzTransactionCases())
}

func short(ctx context.Context) context.Context {
	s, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	context.AfterFunc(s, cancel)
	return s
}

func value(text *string) string {
	if text == nil {
		return "null"
	}
	return *text
}
