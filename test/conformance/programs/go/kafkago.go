package main

import (
	"context"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

func kafkaGoClient() *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(broker), Timeout: 15 * time.Second}
}

func kafkaGoTopic(ctx context.Context, name string, partitions int) string {
	r := got(kafkaGoClient().CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: name, NumPartitions: partitions, ReplicationFactor: 1}}}))
	must(r.Errors[name])
	until(ctx, name, func() bool {
		m, err := kafkaGoClient().Metadata(ctx, &kafka.MetadataRequest{Topics: []string{name}})
		return err == nil && len(m.Topics[0].Partitions) == partitions
	})
	return name
}

func kafkaGoSend(ctx context.Context, topic string, count int, compression kafka.Compression, acks kafka.RequiredAcks) {
	w := &kafka.Writer{Addr: kafka.TCP(broker), Topic: topic, Balancer: &kafka.RoundRobin{}, Compression: compression, RequiredAcks: acks, BatchTimeout: 10 * time.Millisecond}
	defer w.Close()
	var messages []kafka.Message
	for i := 0; i < count; i++ {
		messages = append(messages, kafka.Message{Key: []byte(fmt.Sprint(i)), Value: []byte(fmt.Sprintf("value %d", i)), Headers: []kafka.Header{{Key: "number", Value: []byte("x")}}, Time: time.UnixMilli(1_700_000_000_000 + int64(i))})
	}
	must(w.WriteMessages(ctx, messages...))
}

func kafkaGoCases() []testCase {
	var cases []testCase
	add := func(name string, run func(ctx context.Context) any) { cases = append(cases, testCase{name, run}) }
	for _, codec := range []kafka.Compression{0, kafka.Gzip, kafka.Snappy, kafka.Lz4, kafka.Zstd} {
		add("produces and consumes, compression "+codec.String(), func(ctx context.Context) any {
			topic := kafkaGoTopic(ctx, "kgo2-"+codec.String(), 1)
			kafkaGoSend(ctx, topic, 200, codec, kafka.RequireAll)
			r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{broker}, Topic: topic, Partition: 0, MaxWait: 300 * time.Millisecond})
			defer r.Close()
			var last kafka.Message
			for i := 0; i < 200; i++ {
				last = got(r.ReadMessage(ctx))
			}
			must(r.SetOffsetAt(ctx, time.UnixMilli(1_700_000_000_050)))
			at := got(r.ReadMessage(ctx))
			lag := got(r.ReadLag(ctx))
			return []any{last.Offset, string(last.Value), len(last.Headers), last.HighWaterMark, at.Offset, lag}
		})
	}
	for _, acks := range []kafka.RequiredAcks{kafka.RequireNone, kafka.RequireOne} {
		add("acks "+acks.String(), func(ctx context.Context) any {
			topic := kafkaGoTopic(ctx, "kgo2-acks-"+acks.String(), 1)
			kafkaGoSend(ctx, topic, 20, 0, acks)
			c := got(kafka.DialLeader(ctx, "tcp", broker, topic, 0))
			defer c.Close()
			until(ctx, "end", func() bool { last, err := c.ReadLastOffset(); return err == nil && last == 20 })
			first, last, err := c.ReadOffsets()
			return []any{first, last, errorText(err)}
		})
	}
	add("the low-level connection", func(ctx context.Context) any {
		topic := kafkaGoTopic(ctx, "kgo2-conn", 1)
		c := got(kafka.DialLeader(ctx, "tcp", broker, topic, 0))
		defer c.Close()
		n := got(c.WriteMessages(kafka.Message{Value: []byte("a")}, kafka.Message{Value: []byte("b")}))
		got(c.Seek(0, kafka.SeekStart))
		m := got(c.ReadMessage(1000))
		v := got(c.ApiVersions())
		controller := got(c.Controller())
		partitions := got(c.ReadPartitions(topic))
		return []any{n, string(m.Value), len(v) > 30, controller.ID, len(partitions), partitions[0].Leader.ID}
	})
	add("a group of two", func(ctx context.Context) any {
		topic := kafkaGoTopic(ctx, "kgo2-group", 4)
		kafkaGoSend(ctx, topic, 100, 0, kafka.RequireAll)
		seen := make(chan string, 1000)
		join := func() *kafka.Reader {
			r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{broker}, Topic: topic, GroupID: "kgo2-group", MaxWait: 200 * time.Millisecond, HeartbeatInterval: 300 * time.Millisecond, SessionTimeout: 6 * time.Second, RebalanceTimeout: 6 * time.Second, StartOffset: kafka.FirstOffset})
			go func() {
				for {
					m, err := r.FetchMessage(ctx)
					if err != nil {
						return
					}
					seen <- string(m.Value)
					_ = r.CommitMessages(ctx, m)
				}
			}()
			return r
		}
		a := join()
		distinct := map[string]bool{}
		for len(distinct) < 100 {
			select {
			case v := <-seen:
				distinct[v] = true
			case <-ctx.Done():
				panic("too few")
			}
		}
		b := join()
		members := func(n int, state string) bool {
			d, err := kafkaGoClient().DescribeGroups(ctx, &kafka.DescribeGroupsRequest{GroupIDs: []string{"kgo2-group"}})
			return err == nil && len(d.Groups[0].Members) == n && d.Groups[0].GroupState == state
		}
		until(ctx, "two", func() bool { return members(2, "Stable") })
		b.Close()
		until(ctx, "one", func() bool { return members(1, "Stable") })
		a.Close()
		until(ctx, "none", func() bool { return members(0, "Empty") })
		o := got(kafkaGoClient().OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: "kgo2-group", Topics: map[string][]int{topic: {0, 1, 2, 3}}}))
		var sum int64
		for _, p := range o.Topics[topic] {
			sum += p.CommittedOffset
		}
		return []any{len(distinct), sum}
	})
	add("admin requests", func(ctx context.Context) any {
		topic := kafkaGoTopic(ctx, "kgo2-admin", 1)
		kafkaGoSend(ctx, topic, 10, 0, kafka.RequireAll)
		c := kafkaGoClient()
		s := []any{}
		p := got(c.CreatePartitions(ctx, &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{{Name: topic, Count: 2}}}))
		s = append(s, errorText(p.Errors[topic]))
		i := got(c.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{Resources: []kafka.IncrementalAlterConfigsRequestResource{{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, Configs: []kafka.IncrementalAlterConfigsRequestConfig{{Name: "retention.ms", Value: "1000", ConfigOperation: kafka.ConfigOperationSet}}}}}))
		s = append(s, errorText(i.Resources[0].Error))
		a := got(c.AlterConfigs(ctx, &kafka.AlterConfigsRequest{Resources: []kafka.AlterConfigRequestResource{{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, Configs: []kafka.AlterConfigRequestConfig{{Name: "cleanup.policy", Value: "compact"}}}}}))
		s = append(s, len(a.Errors))
		time.Sleep(500 * time.Millisecond)
		d := got(c.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, ConfigNames: []string{"cleanup.policy", "retention.ms"}}}}))
		for _, e := range d.Resources[0].ConfigEntries {
			s = append(s, e.ConfigName, e.ConfigValue, e.ConfigSource, e.IsDefault)
		}
		o := got(c.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: {kafka.FirstOffsetOf(0), kafka.LastOffsetOf(0)}}}))
		s = append(s, o.Topics[topic][0].FirstOffset, o.Topics[topic][0].LastOffset)
		x, err := c.OffsetCommit(ctx, &kafka.OffsetCommitRequest{GroupID: "kgo2-commit", GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{topic: {{Partition: 0, Offset: 3}}}})
		s = append(s, errorText(err), errorText(x.Topics[topic][0].Error))
		od, err := c.OffsetDelete(ctx, &kafka.OffsetDeleteRequest{GroupID: "kgo2-commit", Topics: map[string][]int{topic: {0}}})
		s = append(s, errorText(err), errorText(od.Error))
		dg := got(c.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: []string{"kgo2-commit", "kgo2-none"}}))
		s = append(s, errorText(dg.Errors["kgo2-commit"]), errorText(dg.Errors["kgo2-none"]))
		ip, err := c.InitProducerID(ctx, &kafka.InitProducerIDRequest{TransactionalID: "kgo2-tx", TransactionTimeoutMs: 10000})
		for tries := 0; tries < 50 && ip.Error != nil; tries++ {
			time.Sleep(100 * time.Millisecond)
			ip, err = c.InitProducerID(ctx, &kafka.InitProducerIDRequest{TransactionalID: "kgo2-tx", TransactionTimeoutMs: 10000})
		}
		s = append(s, errorText(err), errorText(ip.Error), ip.Producer.ProducerEpoch)
		ap := got(c.AddPartitionsToTxn(ctx, &kafka.AddPartitionsToTxnRequest{TransactionalID: "kgo2-tx", ProducerID: ip.Producer.ProducerID, ProducerEpoch: ip.Producer.ProducerEpoch, Topics: map[string][]kafka.AddPartitionToTxn{topic: {{Partition: 0}}}}))
		s = append(s, errorText(ap.Topics[topic][0].Error))
		et := got(c.EndTxn(ctx, &kafka.EndTxnRequest{TransactionalID: "kgo2-tx", ProducerID: ip.Producer.ProducerID, ProducerEpoch: ip.Producer.ProducerEpoch, Committed: true}))
		s = append(s, errorText(et.Error))
		dt := got(c.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{topic, "kgo2-none"}}))
		s = append(s, errorText(dt.Errors[topic]), errorText(dt.Errors["kgo2-none"]))
		acl, err := c.DescribeACLs(ctx, &kafka.DescribeACLsRequest{Filter: kafka.ACLFilter{ResourceTypeFilter: kafka.ResourceTypeAny, ResourcePatternTypeFilter: kafka.PatternTypeAny, Operation: kafka.ACLOperationTypeAny, PermissionType: kafka.ACLPermissionTypeAny}})
		if err == nil {
			s = append(s, errorText(acl.Error))
		} else {
			s = append(s, errorText(err))
		}
		return s
	})
	return cases
}
