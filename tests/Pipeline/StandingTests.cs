using System.Runtime.InteropServices;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline;

/// <summary>What an event may change depends on whose word it is.</summary>
public sealed class StandingTests
{
    static readonly EventRules s_browser = EventReading.AnyTime(verified: false);
    static readonly RecordingSource s_owner = new() { ConnectionId = 7 };

    [TestCase("add_to_cart")]
    [TestCase("purchase")]
    [TestCase("identify")]
    [TestCase("page_view")]
    [TestCase("consent")]
    [TestCase("unsubscribed")]
    public void A_foreign_event_changes_nothing_and_is_reported(string type)
    {
        using var run = new StageRun([]);
        run.Process(s_browser, s_owner, Add("p1", 5) with { Session = "owner" });
        var before = BytesOf(run.Cart());
        var customerEvents = run.Stages.CustomerEvents.Count;
        var stranger = new RecordingSource { ConnectionId = 8 };

        Assert.That(run.Process(s_browser, stranger, Of(type).After(Minute) with { Session = "stranger", Product = "p2", Price = 1 }), Is.Zero);

        Assert.That(BytesOf(run.Cart()), Is.EqualTo(before));
        Assert.That(run.Stages.CustomerEvents.Count, Is.EqualTo(customerEvents));
        Assert.That(stranger.Refused, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_foreign_event_does_not_keep_a_cart_from_going_idle()
    {
        using var run = new StageRun([TestStages.OnIdle("left", Engine.Configuration.Values.Duration.FromMinutes(30))]);
        run.Process(s_browser, s_owner, Add("p1", 5) with { Session = "owner" });
        for (var minute = 5; minute <= 25; minute += 5)
        {
            run.Process(s_browser, s_owner, Of("page_view").After(minute * Minute) with { Session = "stranger" });
        }

        run.PassTo(Start + (31 * Minute));
        Assert.That(run.Consumer.Campaigns, Is.EqualTo(new[] { "left" }));
    }

    [Test]
    public void Only_a_servers_order_moves_a_customers_history()
    {
        using var run = new StageRun([]);
        var order = Of("purchase") with { User = "anna", Price = 100 };
        run.Process(s_browser, s_owner, order with { Cart = "claimed" });
        run.Process(EventReading.Proven("anna"), s_owner, order with { Cart = "proven" });
        Assert.That(OrdersOf(run, "anna"), Is.Zero);
        run.Process(EventReading.AnyTime(), s_owner, order with { Cart = "server's" });
        Assert.That(OrdersOf(run, "anna"), Is.EqualTo(1));
    }

    [Test]
    public void A_browsers_word_does_not_replace_the_user_that_a_server_named()
    {
        using var run = new StageRun([]);
        run.Process(EventReading.AnyTime(), s_owner, Of("page_view") with { Session = "s1", User = "anna" });
        run.Process(s_browser, s_owner, Of("page_view") with { Session = "s1", User = "ben" });
        Assert.That(UserOf(run), Is.EqualTo(("anna", Standing.Server)));
        run.Process(EventReading.AnyTime(), s_owner, Of("page_view") with { User = "ben" });
        Assert.That(UserOf(run), Is.EqualTo(("ben", Standing.Server)));
    }

    [Test]
    public void A_token_confirms_the_user_that_a_browser_named()
    {
        using var run = new StageRun([]);
        run.Process(s_browser, s_owner, Of("page_view") with { Session = "s1", User = "anna" });
        Assert.That(UserOf(run), Is.EqualTo(("anna", Standing.Claimed)));
        run.Process(EventReading.Proven("anna"), s_owner, Of("page_view") with { Session = "s1", User = "anna" });
        Assert.That(UserOf(run), Is.EqualTo(("anna", Standing.Proven)));
        Assert.That(run.Cart().Standing, Is.EqualTo(Standing.Proven));
    }

    [TestCase("clicked")]
    [TestCase("opened")]
    [TestCase("unsubscribed")]
    public void A_click_that_the_engine_reports_vouches_for_nobody(string type)
    {
        using var run = new StageRun([]);
        run.Process(s_browser, s_owner, Add("p1", 5) with { Session = "s1", User = "victim" });
        run.Process(EventReading.AnyTime(), s_owner, Of(type) with { User = "victim" });
        Assert.That((UserOf(run), run.Cart().Standing), Is.EqualTo((("victim", Standing.Claimed), Standing.Claimed)));
    }

    [Test]
    public void Who_only_knows_a_secret_id_names_no_user()
    {
        var cart = default(CartRecord);
        var slab = EventReading.Slab(EventReading.Proven("thief"), Of("page_view") with { Session = "s1" }, Of("page_view") with { Session = "s2", User = "thief" });
        slab.Records[1].Flags |= EventFlags.ContentsOnly;
        CartFold.Apply(ref cart, slab.Records[0], slab, 0);
        CartFold.Apply(ref cart, slab.Records[1], slab, 0);
        Assert.That((cart.UserLength, cart.UserStanding), Is.EqualTo(((byte)0, Standing.Claimed)));
    }

    [Test]
    public void A_record_from_before_the_upgrade_and_a_replay_of_its_journal_agree()
    {
        var (replayed, checkpointed) = (default(CartRecord), default(CartRecord));
        var slab = EventReading.Slab(s_browser, Of("page_view") with { Session = "s1", User = "anna" });
        slab.JournalVersion = 1;
        CartFold.Apply(ref replayed, slab.Records[0], slab, 0);
        CartFold.Apply(ref checkpointed, slab.Records[0], slab, 0);
        (checkpointed.Version, checkpointed.Standing, checkpointed.UserStanding) = (1, Standing.Claimed, Standing.Claimed);
        checkpointed.Upgrade();
        Assert.That(BytesOf(checkpointed), Is.EqualTo(BytesOf(replayed)));
    }

    [Test]
    public void A_replay_refuses_what_was_refused_and_nothing_else()
    {
        using var live = new StageRun([]);
        var slab = EventReading.Slab(s_browser, Add("p1", 5) with { Session = "owner" }, Add("p2", 5) with { Session = "stranger" }, Add("p3", 5) with { Session = "owner" });
        slab.EndRun(s_owner, upTo: 3);
        live.Stages.Process(slab);
        Assert.That(slab.Records[1].Flags & EventFlags.Foreign, Is.EqualTo(EventFlags.Foreign));

        using var replay = new StageRun([]);
        slab.JournalVersion = 2;
        replay.Stages.Process(slab);
        Assert.That(BytesOf(replay.Cart()), Is.EqualTo(BytesOf(live.Cart())));
        Assert.That(replay.Cart().EventCount, Is.EqualTo(2));
    }

    [Test]
    public void An_older_journal_is_replayed_by_its_own_rules()
    {
        using var run = new StageRun([]);
        var slab = EventReading.Slab(s_browser, Add("p1", 5) with { Session = "owner" }, Add("p2", 5) with { Session = "stranger", User = "anna" },
            Of("purchase") with { Session = "stranger", User = "anna" });
        slab.JournalVersion = 1;
        run.Stages.Process(slab);
        Assert.That((run.Cart().EventCount, OrdersOf(run, "anna")), Is.EqualTo((3u, 1u)));
    }

    [Test]
    public void A_strangers_event_with_the_same_id_makes_no_duplicate_of_a_servers()
    {
        var (claimed, order) = (EventReading.Slab(s_browser, Of("purchase") with { Id = "order-17", Session = "x" }), EventReading.Slab(Of("purchase") with { Id = "order-17" }));
        Assert.That(claimed.DedupIdOf(claimed.Records[0]), Is.Not.EqualTo(order.DedupIdOf(order.Records[0])));
        var another = EventReading.Slab(s_browser, Of("purchase") with { Id = "order-17", Session = "y" });
        Assert.That(claimed.DedupIdOf(claimed.Records[0]), Is.Not.EqualTo(another.DedupIdOf(another.Records[0])));
        var again = EventReading.Slab(s_browser, Of("purchase") with { Id = "order-17", Session = "x" });
        Assert.That(claimed.DedupIdOf(claimed.Records[0]), Is.EqualTo(again.DedupIdOf(again.Records[0])));
    }

    static byte[] BytesOf(CartRecord cart) => MemoryMarshal.AsBytes(new ReadOnlySpan<CartRecord>(in cart)).ToArray();

    static uint OrdersOf(StageRun run, string user) =>
        run.Stages.FindCustomer(EventReading.Rules().Ids.CustomerOf(System.Text.Encoding.UTF8.GetBytes(user)))?.History.Orders ?? 0;

    static (string User, Standing Standing) UserOf(StageRun run)
    {
        var cart = run.Cart();
        return (System.Text.Encoding.UTF8.GetString(cart.UserId), cart.UserStanding);
    }
}
