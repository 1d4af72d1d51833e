using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.State.Carts;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Decisions;

public sealed class DeciderTests
{
    static readonly CartRecord s_cart = Fold(
        Add("p1", 19.99m, 3) with { Cart = "cart 1", User = "u1", Session = "s1" }, View("p2", 500).After(30 * Second));

    static readonly CartSnapshot s_snapshot = CartSnapshot.Of(s_cart);

    readonly Decider _decider = new(new ServedModel(TestStages.Model, "champion")) { Stores = TestStages.Stores };
    readonly float[] _row = Row();

    [OneTimeTearDown]
    public void Close() => _decider.Dispose();

    [Test]
    public void A_decision_has_its_content_recipient_and_reason()
    {
        var campaign = CampaignOf("left", new ActionConfig { Type = ActionKind.Discount, Percent = 10 });
        var intervention = _decider.Decide(campaign, s_snapshot, EventReading.KeyOf("cart 1"), Start + 5, 0.25f, _decider.Explain(_row));

        Assert.That(intervention.Id, Does.Match("^iv_[0-9a-f]{32}$"));
        Assert.That((intervention.StoreId, intervention.CartId, intervention.UserId, intervention.SessionId), Is.EqualTo(("demo", "cart 1", "u1", "s1")));
        Assert.That((intervention.Campaign, intervention.Channel, intervention.Action, intervention.DiscountPercent),
            Is.EqualTo(("left", "socket", ActionKind.Discount, (double?)10)));
        Assert.That(intervention.Message, Is.Empty, "A message is written when it goes out.");
        Assert.That(intervention.Cart, Is.EqualTo(new CartSummary(3, 59.97m, "USD")));
        Assert.That((intervention.Reasons.Rule, intervention.Reasons.Score, intervention.Reasons.ModelVersion),
            Is.EqualTo(("idle for 20m", 0.25, TestStages.Model.Id)));
        Assert.That(intervention.DecidedAt, Is.EqualTo(DateTimeOffset.FromUnixTimeMilliseconds(Start + 5)));
    }

    [Test]
    public void A_decision_lists_the_features_with_the_largest_attribution()
    {
        var features = _decider.Decide(CampaignOf("left"), s_snapshot, EventReading.KeyOf("cart 1"), Start, 0.25f, _decider.Explain(_row)).Reasons.Features;

        Assert.That(features, Has.Count.InRange(1, 3));
        Assert.That(features.Select(f => Math.Abs(f.Effect)), Is.Ordered.Descending.And.All.Positive);
        foreach (var feature in features)
        {
            Assert.That(feature.Value, Is.EqualTo(s_cart.Feature(feature.Name)));
        }
    }

    [Test]
    public void A_decisions_reasons_are_not_changed_by_the_next()
    {
        var first = _decider.Decide(CampaignOf("left"), s_snapshot, EventReading.KeyOf("cart 1"), Start, 0.25f, _decider.Explain(_row));
        var features = first.Reasons.Features.ToArray();
        _decider.Decide(CampaignOf("left"), s_snapshot, EventReading.KeyOf("cart 1"), Start, 0.25f, _decider.Explain(new float[_row.Length]));
        Assert.That(first.Reasons.Features, Is.EqualTo(features));
    }

    [Test]
    public void An_anonymous_shopper_has_no_user_id()
    {
        var cart = CartSnapshot.Of(Fold(Add("p1", 1)));
        var intervention = _decider.Decide(CampaignOf("left"), cart, EventReading.KeyOf("c1"), Start, 0, _decider.Explain(_row));
        Assert.That((intervention.UserId, intervention.SessionId), Is.EqualTo(((string?)null, (string?)null)));
    }

    [Test]
    public void Ids_are_stable_per_decision_and_distinct_between_decisions()
    {
        string IdOf(string campaign, string cart, long at, float score = 0.5f) =>
            _decider.Decide(CampaignOf(campaign), s_snapshot, EventReading.KeyOf(cart), at, score, _decider.Explain(_row)).Id;

        Assert.That(IdOf("left", "c1", Start, score: 0.7f), Is.EqualTo(IdOf("left", "c1", Start)));
        Assert.That(
            new[] { IdOf("left", "c1", Start), IdOf("left2", "c1", Start), IdOf("left", "c2", Start), IdOf("left", "c1", Start + 1) }, Is.Unique);
        using var restarted = new Decider(new ServedModel(TestStages.Model, "champion")) { Stores = TestStages.Stores };
        Assert.That(restarted.Decide(CampaignOf("left"), s_snapshot, EventReading.KeyOf("c1"), Start, 0.5f, _decider.Explain(_row)).Id, Is.EqualTo(IdOf("left", "c1", Start)));
    }

    static float[] Row()
    {
        var vector = new FeatureVector(TestStages.Model.Features);
        var row = new float[vector.Count];
        vector.Fill(s_cart, new StoreClock(TimeZoneInfo.Utc).At(s_cart.LastAt), row);
        return row;
    }

    static Campaign CampaignOf(string name, ActionConfig? action = null)
    {
        var config = TestStages.OnIdle(name, Duration.FromMinutes(20));
        config.Action = action ?? config.Action;
        return TestCampaigns.Compile(config)[0];
    }
}
