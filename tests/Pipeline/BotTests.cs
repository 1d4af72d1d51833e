using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Journal;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline;

/// <summary>What a bot's connection sends makes its carts a bot's, also after a restart.</summary>
public sealed class BotTests
{
    static readonly EventRules s_browser = EventReading.AnyTime(verified: false);
    static readonly RecordingSource s_bot = new() { ConnectionId = 7, Bot = BotEvidence.Declared }, s_person = new() { ConnectionId = 8 };

    [Test]
    public void A_decision_says_that_its_cart_is_a_bots()
    {
        using var run = new StageRun([TestStages.OnEvent("added", "add_to_cart")]);
        run.Process(s_browser, s_bot, Add("p1", 5) with { Cart = "bot", Session = "b" });
        run.Process(s_browser, s_person, Add("p1", 5) with { Cart = "person", Session = "p" });
        run.Stages.Decide();
        Assert.That(run.Stages.Decisions.Select(d => (d.Intervention.CartId, d.Bot)), Is.EqualTo(new[] { ("bot", BotEvidence.Declared), ("person", BotEvidence.None) }));
        Assert.That(run.Counters.BotCartsBy(BotEvidence.Declared), Is.EqualTo(1));
    }

    [Test]
    public void A_stranger_does_not_make_a_persons_cart_a_bots()
    {
        using var run = new StageRun([]);
        run.Process(s_browser, s_person, Add("p1", 5) with { Session = "p" });
        run.Process(s_browser, s_bot, Add("p2", 5) with { Session = "b" });
        Assert.That(run.Cart().Bot, Is.EqualTo(BotEvidence.None));
    }

    [Test]
    public void A_store_that_programs_test_treats_them_as_people()
    {
        var stores = new StoreTable([TestStages.Stores[0] with { TreatsBotsAsPeople = true }]);
        using var stages = new PartitionStages(0, TestStages.Options([TestStages.OnEvent("added", "add_to_cart")], stores: stores), new PartitionCounters());
        var slab = EventReading.Slab(s_browser, Add("p1", 5) with { Session = "b" });
        slab.EndRun(s_bot, upTo: 1);
        stages.Process(slab);
        stages.Decide();
        Assert.That(stages.Decisions.Single().Bot, Is.EqualTo(BotEvidence.None));
    }

    [Test]
    public void The_journal_tells_a_bots_events_and_blocks_before_it_have_none()
    {
        var slab = EventReading.Slab(s_browser, Add("p1", 5) with { Id = "e1" }, Add("p2", 5) with { Id = "e2" });
        (var count, slab.Count) = (slab.Count, 1);
        slab.EndRun(s_bot, upTo: 1);
        slab.Count = count;
        // The same connection number: a request has none.
        slab.EndRun(new RecordingSource { ConnectionId = 7 }, upTo: 2);
        var writer = new EventBlockWriter(SlabGenerator.Stores, compress: false);
        writer.Begin();
        writer.Add(slab);
        var block = writer.Finish().ToArray();
        Assert.That(BotsIn(block), Is.EqualTo(new[] { BotEvidence.Declared, BotEvidence.None }));

        writer.Begin();
        slab.Reset();
        var person = EventReading.Slab(s_browser, Add("p1", 5));
        person.EndRun(s_person, upTo: 1);
        writer.Add(person);
        var earlier = JournalBlocks.Former(writer.Finish(), version: 2);
        Assert.That(BotsIn(earlier), Is.EqualTo(new[] { BotEvidence.None }));
    }

    [Test]
    public void A_decision_that_was_recorded_before_bots_were_told_is_still_read()
    {
        using var run = new StageRun([TestStages.OnEvent("added", "add_to_cart")]);
        run.Process(s_browser, s_bot, Add("p1", 5) with { Session = "b" });
        run.Stages.Decide();
        var entries = new EntryBuilder();
        DecisionCodec.Write(entries.Output, run.Stages.Decisions.Single());
        entries.EndRecord();
        Assert.That(entries.TryCut(int.MaxValue, out var entry), Is.True);
        Assert.That(EntryPayload.ReadDecisions(entry.ToArray()).Single().Bot, Is.EqualTo(BotEvidence.Declared));

        // Version 2 ended its fixed part with the two standings.
        const int before = EntryPayload.HeaderSize + 16 + 8 + 8 + 8 + 2;
        // Since then: the bot, the time of receipt, the model's alias with its length, and the conditional campaign.
        const int alias = before + 1 + 8;
        var after = alias + 1 + entry[alias] + 1;
        byte[] second = [2, .. entry[1..before], .. WithWholeItems(entry[after..].ToArray())];
        var read = EntryPayload.ReadDecisions(second).Single();
        Assert.That((read.Bot, read.Intervention.Campaign), Is.EqualTo((BotEvidence.None, "added")));
        // Version 3 had no time of receipt.
        byte[] third = [3, .. entry[1..(before + 1)], .. WithWholeItems(entry[after..].ToArray())];
        read = EntryPayload.ReadDecisions(third).Single();
        Assert.That((read.Bot, read.ReceivedAt, read.Intervention.Campaign), Is.EqualTo((BotEvidence.Declared, read.At, "added")));
    }

    // Until version 4 the number of items was an Int32. Here it is 1, and the value 5.
    static byte[] WithWholeItems(byte[] record)
    {
        var written = new MemoryStream();
        using var writer = new BinaryWriter(written);
        writer.Write(1m);
        writer.Write(5m);
        var at = record.AsSpan().IndexOf(written.ToArray());
        Assert.That(at, Is.GreaterThan(0));
        return [.. record[..at], 1, 0, 0, 0, .. record[(at + sizeof(decimal))..]];
    }

    static List<BotEvidence> BotsIn(byte[] block)
    {
        var reader = new EventBlockReader(SlabGenerator.Stores);
        reader.Open(block);
        List<BotEvidence> bots = [];
        for (var slab = new EventSlab(); reader.TryRead(slab); slab = new EventSlab())
        {
            bots.Add(slab.Runs[0].Source!.Bot);
        }

        return bots;
    }
}
