package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

func saramaConfig() *sarama.Config {
	c := sarama.NewConfig()
	c.Version = sarama.MaxVersion
	c.Producer.Return.Successes = true
	c.Producer.Partitioner = sarama.NewManualPartitioner
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	c.Consumer.Offsets.AutoCommit.Enable = false
	c.Consumer.Group.Heartbeat.Interval = 200 * time.Millisecond
	return c
}

func saramaAdmin() sarama.ClusterAdmin {
	return got(sarama.NewClusterAdmin([]string{broker}, saramaConfig()))
}

func saramaTopic(ctx context.Context, name string, partitions int32) string {
	a := saramaAdmin()
	defer a.Close()
	must(a.CreateTopic(name, &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1}, false))
	until(ctx, name, func() bool {
		m, err := a.DescribeTopics([]string{name})
		return err == nil && len(m[0].Partitions) == int(partitions)
	})
	return name
}

func saramaMessages(topic string, count, partitions int) []*sarama.ProducerMessage {
	var all []*sarama.ProducerMessage
	for i := 0; i < count; i++ {
		all = append(all, &sarama.ProducerMessage{Topic: topic, Partition: int32(i % partitions), Key: sarama.StringEncoder(fmt.Sprint(i)), Value: sarama.StringEncoder(fmt.Sprintf("value %d", i)), Headers: []sarama.RecordHeader{{Key: []byte("number"), Value: []byte(fmt.Sprint(i))}}})
	}
	return all
}

func saramaSend(c *sarama.Config, topic string, count, partitions int) {
	p := got(sarama.NewSyncProducer([]string{broker}, c))
	defer p.Close()
	must(p.SendMessages(saramaMessages(topic, count, partitions)))
}

func saramaRead(ctx context.Context, c *sarama.Config, topic string, partition int32, from int64, count int) []string {
	consumer := got(sarama.NewConsumer([]string{broker}, c))
	defer consumer.Close()
	p := got(consumer.ConsumePartition(topic, partition, from))
	defer p.Close()
	var all []string
	for len(all) < count {
		select {
		case m := <-p.Messages():
			all = append(all, string(m.Value))
		case <-ctx.Done():
			panic(fmt.Sprintf("only %d messages came", len(all)))
		}
	}
	return all
}

type saramaMember struct {
	mu     *sync.Mutex
	seen   map[string]bool
	claims map[string]int
	name   string
}

func (m saramaMember) Setup(s sarama.ConsumerGroupSession) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.claims[m.name] = 0
	for _, p := range s.Claims() {
		m.claims[m.name] += len(p)
	}
	return nil
}
func (m saramaMember) Cleanup(sarama.ConsumerGroupSession) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.claims[m.name] = 0
	return nil
}
func (m saramaMember) ConsumeClaim(s sarama.ConsumerGroupSession, c sarama.ConsumerGroupClaim) error {
	for {
		select {
		case r, ok := <-c.Messages():
			if !ok {
				return nil
			}
			m.mu.Lock()
			m.seen[string(r.Value)] = true
			m.mu.Unlock()
			s.MarkMessage(r, "noted")
			s.Commit()
		case <-s.Context().Done():
			return nil
		}
	}
}

func saramaCases() []testCase {
	var cases []testCase
	add := func(name string, run func(ctx context.Context) any) { cases = append(cases, testCase{name, run}) }
	for _, codec := range []sarama.CompressionCodec{sarama.CompressionNone, sarama.CompressionGZIP, sarama.CompressionSnappy, sarama.CompressionLZ4, sarama.CompressionZSTD} {
		add("produces and consumes, compression "+codec.String(), func(ctx context.Context) any {
			topic := saramaTopic(ctx, "sarama-"+codec.String(), 2)
			c := saramaConfig()
			c.Producer.Compression = codec
			saramaSend(c, topic, 1000, 2)
			client := got(sarama.NewClient([]string{broker}, c))
			defer client.Close()
			return []any{len(saramaRead(ctx, c, topic, 1, sarama.OffsetOldest, 500)), got(client.GetOffset(topic, 0, sarama.OffsetNewest)), got(client.GetOffset(topic, 0, sarama.OffsetOldest)), got(client.GetOffset(topic, 0, 1))}
		})
	}
	for _, version := range []sarama.KafkaVersion{sarama.V2_1_0_0, sarama.V2_4_0_0, sarama.V2_8_0_0, sarama.V3_6_0_0, sarama.V4_0_0_0} {
		add("as for Kafka "+version.String(), func(ctx context.Context) any {
			topic := saramaTopic(ctx, "sarama-v"+version.String(), 1)
			c := saramaConfig()
			c.Version = version
			saramaSend(c, topic, 50, 1)
			return len(saramaRead(ctx, c, topic, 0, 10, 40))
		})
	}
	add("messages in the old formats", func(ctx context.Context) any {
		topic := saramaTopic(ctx, "sarama-old", 1)
		var seen []string
		for _, version := range []sarama.KafkaVersion{sarama.V0_8_2_0, sarama.V0_10_0_0} {
			c := saramaConfig()
			c.Version = version
			c.ApiVersionsRequest = false
			c.Producer.Retry.Max = 0
			c.Metadata.Retry.Max = 0
			p, err := sarama.NewSyncProducer([]string{broker}, c)
			if err == nil {
				message := saramaMessages(topic, 1, 1)[0]
				message.Headers = nil
				_, _, err = p.SendMessage(message)
				p.Close()
			}
			seen = append(seen, errorText(err))
		}
		return seen
	})
	add("an idempotent producer", func(ctx context.Context) any {
		topic := saramaTopic(ctx, "sarama-idempotent", 1)
		c := saramaConfig()
		c.Producer.Idempotent, c.Producer.RequiredAcks, c.Net.MaxOpenRequests = true, sarama.WaitForAll, 1
		saramaSend(c, topic, 500, 1)
		return len(saramaRead(ctx, c, topic, 0, sarama.OffsetOldest, 500))
	})
	for _, name := range []string{"range", "roundrobin", "sticky"} {
		add("a group of two, "+name, func(ctx context.Context) any {
			topic := saramaTopic(ctx, "sarama-group-"+name, 4)
			c := saramaConfig()
			strategy := map[string]sarama.BalanceStrategy{"range": sarama.NewBalanceStrategyRange(), "roundrobin": sarama.NewBalanceStrategyRoundRobin(), "sticky": sarama.NewBalanceStrategySticky()}[name]
			c.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{strategy}
			saramaSend(c, topic, 400, 4)
			var mu sync.Mutex
			seen, claims := map[string]bool{}, map[string]int{}
			join := func(member string) (sarama.ConsumerGroup, func()) {
				g := got(sarama.NewConsumerGroup([]string{broker}, "sarama-"+name, c))
				inner, cancel := context.WithCancel(ctx)
				go func() {
					for inner.Err() == nil {
						_ = g.Consume(inner, []string{topic}, saramaMember{&mu, seen, claims, member})
					}
				}()
				return g, func() { cancel(); g.Close() }
			}
			sizes := func() string { mu.Lock(); defer mu.Unlock(); return fmt.Sprint(claims["a"], claims["b"]) }
			_, leaveA := join("a")
			until(ctx, "alone", func() bool { return sizes() == "4 0" })
			_, leaveB := join("b")
			until(ctx, "two", func() bool { return sizes() == "2 2" })
			until(ctx, "all", func() bool { mu.Lock(); defer mu.Unlock(); return len(seen) == 400 })
			a := saramaAdmin()
			defer a.Close()
			d := got(a.DescribeConsumerGroups([]string{"sarama-" + name}))[0]
			leaveB()
			until(ctx, "one", func() bool { return sizes() == "4 0" })
			var total int64
			until(ctx, "commits", func() bool {
				o := got(a.ListConsumerGroupOffsets("sarama-"+name, nil))
				total = 0
				for _, b := range o.Blocks[topic] {
					total += b.Offset
				}
				return total == 400
			})
			leaveA()
			return []any{d.State, d.Protocol, len(d.Members), total}
		})
	}
	add("transactions", func(ctx context.Context) any {
		topic := saramaTopic(ctx, "sarama-tx", 1)
		c := saramaConfig()
		c.Producer.Idempotent, c.Producer.RequiredAcks, c.Net.MaxOpenRequests, c.Producer.Transaction.ID = true, sarama.WaitForAll, 1, "sarama-tx"
		p := got(sarama.NewSyncProducer([]string{broker}, c))
		for i := 0; i < 4; i++ {
			must(p.BeginTxn())
			must(p.SendMessages(saramaMessages(topic, 10, 1)))
			if i == 1 {
				must(p.AddOffsetsToTxn(map[string][]*sarama.PartitionOffsetMetadata{topic: {{Partition: 0, Offset: 5}}}, "sarama-tx"))
				must(p.AbortTxn())
			} else {
				must(p.AddOffsetsToTxn(map[string][]*sarama.PartitionOffsetMetadata{topic: {{Partition: 0, Offset: int64(10 + i)}}}, "sarama-tx"))
				must(p.CommitTxn())
			}
		}
		must(p.Close())
		a := saramaAdmin()
		defer a.Close()
		c = saramaConfig()
		c.Consumer.IsolationLevel = sarama.ReadCommitted
		offsets := got(a.ListConsumerGroupOffsets("sarama-tx", map[string][]int32{topic: {0}}))
		return []any{len(saramaRead(ctx, c, topic, 0, sarama.OffsetOldest, 30)), len(saramaRead(ctx, saramaConfig(), topic, 0, sarama.OffsetOldest, 40)), offsets.Blocks[topic][0].Offset}
	})
	add("large and too large messages", func(ctx context.Context) any {
		topic := saramaTopic(ctx, "sarama-large", 1)
		a := saramaAdmin()
		defer a.Close()
		size := "5000000"
		must(a.IncrementalAlterConfig(sarama.TopicResource, topic, map[string]sarama.IncrementalAlterConfigsEntry{"max.message.bytes": {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &size}}, false))
		time.Sleep(500 * time.Millisecond)
		c := saramaConfig()
		c.Producer.MaxMessageBytes = 20_000_000
		p := got(sarama.NewSyncProducer([]string{broker}, c))
		defer p.Close()
		big := make([]byte, 3_000_000)
		rand.New(rand.NewSource(1)).Read(big)
		_, offset, err := p.SendMessage(&sarama.ProducerMessage{Topic: topic, Value: sarama.ByteEncoder(big)})
		must(err)
		_, _, err = p.SendMessage(&sarama.ProducerMessage{Topic: topic, Value: sarama.ByteEncoder(append(big, big...))})
		return []any{offset, errorText(err), bytes.Equal([]byte(saramaRead(ctx, c, topic, 0, 0, 1)[0]), big)}
	})
	add("admin requests", func(ctx context.Context) any {
		topic := saramaTopic(ctx, "sarama-admin", 2)
		saramaSend(saramaConfig(), topic, 10, 2)
		a := saramaAdmin()
		defer a.Close()
		s := []any{}
		s = append(s, errorText(a.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false)), errorText(a.CreatePartitions(topic, 3, nil, false)), errorText(a.CreatePartitions(topic, 1, nil, false)))
		s = append(s, errorText(a.DeleteRecords(topic, map[int32]int64{0: 2, 1: 3})), errorText(a.DeleteRecords(topic, map[int32]int64{0: 200})))
		v := "1000"
		s = append(s, errorText(a.AlterConfig(sarama.TopicResource, topic, map[string]*string{"retention.ms": &v}, false)))
		time.Sleep(500 * time.Millisecond)
		entries := got(a.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic, ConfigNames: []string{"retention.ms", "cleanup.policy"}}))
		for _, e := range entries {
			s = append(s, e.Name, e.Value, e.Source.String(), e.Default, len(e.Synonyms))
		}
		b, controller, err := a.DescribeCluster()
		s = append(s, len(b), controller, errorText(err))
		topics := got(a.ListTopics())
		s = append(s, topics[topic].NumPartitions, topics[topic].ReplicationFactor, len(topics[topic].ConfigEntries))
		offsets := got(a.ListOffsets(map[string]map[int32]int64{topic: {0: sarama.OffsetNewest, 1: sarama.OffsetOldest}}, nil))
		s = append(s, offsets[topic][0].Offset, offsets[topic][1].Offset)
		_, err = a.AlterConsumerGroupOffsets("sarama-alter", map[string]map[int32]sarama.OffsetAndMetadata{topic: {0: {Offset: 4, Metadata: "m"}}}, nil)
		s = append(s, errorText(err))
		batch := got(a.ListConsumerGroupOffsetsBatch(map[string]map[string][]int32{"sarama-alter": {topic: {0}}, "sarama-none": {topic: {0}}}))
		s = append(s, batch["sarama-alter"].Blocks[topic][0].Offset, batch["sarama-none"].Blocks[topic][0].Offset)
		s = append(s, errorText(a.DeleteConsumerGroupOffset("sarama-alter", topic, 0)), errorText(a.DeleteConsumerGroup("sarama-alter")), errorText(a.DeleteConsumerGroup("sarama-none")))
		groups := got(a.ListConsumerGroups())
		s = append(s, groups["sarama-range"])
		dirs, err := a.DescribeLogDirs([]int32{1})
		s = append(s, len(dirs), errorText(err))
		election, err := a.ElectLeaders(sarama.PreferredElection, map[string][]int32{topic: {0}})
		s = append(s, fmt.Sprint(election[topic][0].ErrorCode), errorText(err))
		_, err = a.ListAcls(sarama.AclFilter{ResourceType: sarama.AclResourceAny, Operation: sarama.AclOperationAny, PermissionType: sarama.AclPermissionAny, ResourcePatternTypeFilter: sarama.AclPatternAny})
		s = append(s, errorText(err), errorText(a.CreateACL(sarama.Resource{ResourceType: sarama.AclResourceTopic, ResourceName: "x", ResourcePatternType: sarama.AclPatternLiteral}, sarama.Acl{Principal: "User:a", Host: "*", Operation: sarama.AclOperationRead, PermissionType: sarama.AclPermissionAllow})))
		_, err = a.DeleteACL(sarama.AclFilter{ResourceType: sarama.AclResourceAny, Operation: sarama.AclOperationAny, PermissionType: sarama.AclPermissionAny, ResourcePatternTypeFilter: sarama.AclPatternAny}, false)
		s = append(s, errorText(err))
		s = append(s, errorText(a.DeleteTopic(topic)), errorText(a.DeleteTopic("sarama-none")))
		return s
	})
	return cases
}
