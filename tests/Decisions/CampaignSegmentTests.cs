using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane.Targeting;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.ControlPlane.Flags;
using CartRecovery.Tests.Journeys;
using CartRecovery.Tests.Pipeline;
using static CartRecovery.Tests.ControlPlane.Flags.FlagSamples;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Decisions;

/// <summary>What a segment adds to a campaign's conditions, and what the journal knows of it.</summary>
public sealed class CampaignSegmentTests
{
    FlagSamples _segments = null!;

    [SetUp]
    public void SetUp()
    {
        _segments = new FlagSamples();
        _segments.Segments[("shop", "some")] = [new TargetingCondition(Feature: "item_count", AtLeast: 2)];
        _segments.Segments[("other", "some")] = [new TargetingCondition(Feature: "item_count", Below: 2)];
    }

    [Test]
    public void A_store_has_a_segment_of_its_own()
    {
        var set = Compile(Named("some"));
        Assert.That((Holds(set, store: 0, units: 1), Holds(set, store: 0, units: 2), Holds(set, store: 1, units: 1), Holds(set, store: 1, units: 2)), Is.EqualTo((false, true, true, false)));
        Assert.That(set[0].Rule, Is.EqualTo("event add_to_cart and in segment some"));
    }

    [Test]
    public void The_segments_and_the_campaigns_conditions_must_hold()
    {
        var campaign = Named("some");
        campaign.When = [new ConditionConfig { Feature = "item_count", AtMost = 3 }];
        var set = Compile(campaign);
        Assert.That(new[] { 1, 2, 3, 4 }.Select(units => Holds(set, store: 0, units)), Is.EqualTo(new[] { false, true, true, false }));
    }

    [Test]
    public void A_list_and_a_number_are_compared_as_flags_compare_them()
    {
        _segments.Segments[("shop", "listed")] = [new TargetingCondition(Feature: "item_count", In: [Value("1"), Value("3")])];
        _segments.Segments[("shop", "equal")] = [new TargetingCondition(Feature: "item_count", EqualTo: Value("3"))];
        _segments.Segments[("shop", "above")] = [new TargetingCondition(Feature: "item_count", Above: 2, Below: 4)];
        var (listed, equal, above) = (Compile(Named("listed")), Compile(Named("equal")), Compile(Named("above")));
        Assert.That(new[] { 1, 2, 3, 4 }.Select(units => (Holds(listed, 0, units), Holds(equal, 0, units), Holds(above, 0, units))),
            Is.EqualTo(new[] { (true, false, false), (false, false, false), (true, true, true), (false, false, false) }));
    }

    [TestCase("nobody")]
    [TestCase("newer")]
    public void Nobody_is_in_a_missing_or_unknown_segment(string name)
    {
        _segments.Segments[("shop", "newer")] = [new TargetingCondition(Feature: "a feature of tomorrow", Above: 0)];
        Assert.That(new[] { 1, 2, 3 }.Any(units => Holds(Compile(Named(name)), store: 0, units)), Is.False);
    }

    [Test]
    public void A_replay_knows_the_segments_of_then()
    {
        var decisions = new DecisionsConfig { Campaigns = [Named("some")] };
        var record = ConfigurationRecord.Write(decisions, JourneyFixture.Open(), JourneyFixture.Stores, _segments);
        _segments.Segments.Clear();
        var then = CampaignCompiler.Compile(record, JourneyFixture.Stores)!;
        Assert.That((Holds(then, store: 0, units: 1), Holds(then, store: 0, units: 2), Holds(then, store: 1, units: 1)), Is.EqualTo((false, true, true)));
    }

    [Test]
    public void Only_a_change_of_a_used_segment_changes_the_campaigns()
    {
        var campaign = Named("some");
        campaign.Stores = ["shop"];
        ReadOnlySpan<byte> Record() => ConfigurationRecord.Write(new DecisionsConfig { Campaigns = [campaign] }, JourneyFixture.Open(), JourneyFixture.Stores, _segments);

        var before = Record().ToArray();
        _segments.Segments[("other", "some")] = [new TargetingCondition(Feature: "item_count", Above: 9)];
        _segments.Segments[("shop", "another")] = [new TargetingCondition(Feature: "item_count", Above: 9)];
        Assert.That(Record().SequenceEqual(before), "neither is used");
        _segments.Segments[("shop", "some")] = [new TargetingCondition(Feature: "item_count", Above: 9)];
        Assert.That(Record().SequenceEqual(before), Is.False);
    }

    [TestCase("{\"plan\":\"gold\",\"age\":30}", ExpectedResult = true)]
    [TestCase("{\"plan\":\"gold\",\"age\":17}", ExpectedResult = false)]
    [TestCase("{\"plan\":\"gold\"}", ExpectedResult = false)]
    [TestCase(null, ExpectedResult = false)]
    public bool Conditions_on_the_customer_are_left_to_the_enrolment(string? attributes)
    {
        _segments.Segments[("shop", "adults")] = [new TargetingCondition(Customer: "plan", EqualTo: Value("\"gold\"")), new TargetingCondition(Customer: "age", AtLeast: 18)];
        var set = Compile(Named("adults"));
        Assert.That(Holds(set, store: 0, units: 1), "a partition does not know them");
        return set[0].Segments![0]!.HoldsFor(attributes);
    }

    CampaignSet Compile(CampaignConfig campaign) => CampaignCompiler.Compile(new DecisionsConfig { Campaigns = [campaign] }, JourneyFixture.Stores, segments: _segments);

    static CampaignConfig Named(string segment)
    {
        var campaign = TestStages.OnEvent("a", "add_to_cart");
        campaign.Segment = segment;
        return campaign;
    }

    static bool Holds(CampaignSet set, ushort store, int units)
    {
        CartRecord cart = Fold(Add("p1", 1, units));
        cart.Store = store;
        return set[0].Holds(cart, new StoreClock(TimeZoneInfo.Utc).At(cart.LastAt));
    }
}
