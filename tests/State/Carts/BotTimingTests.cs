using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Pipeline;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.State.Carts;

/// <summary>A rhythm that no person keeps makes a cart a bot's; a person's does not.</summary>
public sealed class BotTimingTests
{
    static readonly EventRules s_browser = EventReading.AnyTime(verified: false);

    [TestCase(1000)]
    [TestCase(5000)]
    [TestCase(60_000)]
    [TestCase(100, Description = "faster than anybody reads")]
    [TestCase(20)]
    public void A_metronome_is_a_bot(int interval)
    {
        var jitter = new Random(1);
        Assert.That(BotAfter(40, _ => interval + jitter.Next(-5, 6)), Is.EqualTo(BotEvidence.Timing));
    }

    [Test]
    public void So_is_one_that_changes_its_speed() => Assert.That(BotAfter(80, i => i < 40 ? 1000 : 3000), Is.EqualTo(BotEvidence.Timing));

    [Test]
    public void A_visit_of_a_few_pages_is_too_short_to_tell() => Assert.That(BotAfter(20, _ => 1000), Is.EqualTo(BotEvidence.None));

    [Test]
    public void People_are_not_bots([Range(1, 20)] int seed)
    {
        // Reading times are about log-normal: a median of 8 s, from one to some minutes; clocks may tell whole seconds only.
        var random = new Random(seed);
        var unit = seed % 2 == 0 ? 1000 : 1;
        Assert.That(BotAfter(500, _ => Math.Max(unit, (int)(8000 * Math.Exp(Normal(random))) / unit * unit)), Is.EqualTo(BotEvidence.None));
    }

    [Test]
    public void A_page_that_reports_a_whole_list_at_once_is_no_bot()
    {
        var random = new Random(1);
        Assert.That(BotAfter(480, i => i % 24 == 0 ? 2000 + random.Next(20_000) : random.Next(4)), Is.EqualTo(BotEvidence.None));
    }

    [Test]
    public void A_page_that_polls_is_no_bot() => Assert.That(BotAfter(200, _ => 30_000, product: _ => "p1"), Is.EqualTo(BotEvidence.None));

    [Test]
    public void A_servers_events_are_never_a_bots() => Assert.That(BotAfter(200, _ => 1000, EventReading.AnyTime()), Is.EqualTo(BotEvidence.None));

    static BotEvidence BotAfter(int events, Func<int, int> interval, EventRules? rules = null, Func<int, string>? product = null)
    {
        using var run = new StageRun([]);
        var at = 0L;
        for (var i = 0; i < events; i++)
        {
            at += interval(i);
            run.Process(rules ?? s_browser, source: null, View(product?.Invoke(i) ?? $"p{i}").After(at) with { Id = $"e{i}", Session = "s1" });
        }

        var found = run.Cart().Bot;
        Assert.That(run.Counters.BotCartsBy(BotEvidence.Timing), Is.EqualTo(found == BotEvidence.Timing ? 1 : 0));
        return found;
    }

    static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
