using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Targeting;
using FsCheck.Fluent;
using static CartRecovery.Tests.ControlPlane.Flags.FlagSamples;

namespace CartRecovery.Tests.ControlPlane.Flags;

/// <summary>Which variant a flag evaluates to, and why.</summary>
public sealed class FlagEvaluationTests
{
    readonly FlagSamples _segments = new();

    [Test]
    public void The_first_rule_that_matches_decides()
    {
        var flag = Of(Boolean(
            new FlagRule("off", Conditions: [new TargetingCondition(Attribute: "plan", EqualTo: Value("\"free\""))]),
            new FlagRule("on", Conditions: [new TargetingCondition(Attribute: "age", AtLeast: 18, Below: 30)]),
            new FlagRule("off", Percentage: 100)));
        Assert.That(Evaluate(flag, """{"plan":"free","age":20}"""), Is.EqualTo(("off", FlagReason.TargetingMatch)));
        Assert.That(Evaluate(flag, """{"plan":"gold","age":20}"""), Is.EqualTo(("on", FlagReason.TargetingMatch)));
        Assert.That(Evaluate(flag, """{"plan":"gold","age":30}"""), Is.EqualTo(("off", FlagReason.TargetingMatch)));
        Assert.That(Evaluate(Of(Boolean()), "{}"), Is.EqualTo(("off", FlagReason.Static)));
        Assert.That(Evaluate(Of(Boolean(new FlagRule("on")) with { Enabled = false }), "{}"), Is.EqualTo(("off", FlagReason.Disabled)));
        Assert.That(Evaluate(Of(Boolean(new FlagRule("on", Percentage: 0))), "{}"), Is.EqualTo(("off", FlagReason.Default)));
    }

    [TestCase("""{"age":18}""", true)]
    [TestCase("""{"age":17.99}""", false)]
    [TestCase("""{"age":"18"}""", false)]
    [TestCase("""{"age":null}""", false)]
    [TestCase("""{}""", false)]
    public void An_absent_value_or_one_of_another_type_never_matches(string context, bool holds) =>
        Assert.That(new TargetingCondition(Attribute: "age", AtLeast: 18).Holds(Subject(context: context)), Is.EqualTo(holds));

    [TestCase("\"gold\"", true)]
    [TestCase("\"Gold\"", false)]
    [TestCase("7", true)]
    [TestCase("7.0", true)]
    [TestCase("true", true)]
    [TestCase("false", false)]
    [TestCase("[\"gold\"]", false)]
    public void A_value_equals_one_of_a_list_if_it_has_its_type(string value, bool holds) =>
        Assert.That(new TargetingCondition(Attribute: "x", In: [Value("\"gold\""), Value("7"), Value("true")]).Holds(Subject(context: $$"""{"x":{{value}}}""")), Is.EqualTo(holds));

    [Test]
    public void Features_compare_as_in_campaigns_and_unknown_ones_never_match()
    {
        var subject = new TargetingSubject("zoe") { Features = name => name == "cart_value" ? 19.99f : float.NaN };
        Assert.That(new TargetingCondition(Feature: "cart_value", AtLeast: 19.99).Holds(subject));
        Assert.That(new TargetingCondition(Feature: "cart_value", Above: 19.99).Holds(subject), Is.False);
        Assert.That(new TargetingCondition(Feature: "cart_value", EqualTo: Value("19.99")).Holds(subject));
        Assert.That(new TargetingCondition(Feature: "item_count", AtMost: 1).Holds(subject), Is.False);
        Assert.That(new TargetingCondition(Feature: "cart_value", AtLeast: 0).Holds(Subject()), Is.False, "there is no cart");
        var known = new TargetingSubject("zoe") { CustomerAttributes = Value("""{"plan":"gold"}""") };
        Assert.That(new TargetingCondition(Customer: "plan", EqualTo: Value("\"gold\"")).Holds(known));
        Assert.That(new TargetingCondition(Attribute: "plan", EqualTo: Value("\"gold\"")).Holds(known), Is.False);
    }

    [Test]
    public void A_rule_that_names_a_segment_is_refused_without_it_and_for_a_shared_flag()
    {
        var flag = Boolean(new FlagRule("on", Segment: "vips"));
        var segments = new FlagSamples();
        segments.Segments[("demo", "vips")] = [];
        var check = new FlagCheck(_ => true, segments);
        Assert.That(check.ProblemOf(flag, "demo"), Is.Null);
        Assert.That(check.ProblemOf(flag, "eu"), Is.EqualTo("rules[0].segment: the store has no segment 'vips'"));
        Assert.That(check.ProblemOf(flag, store: ""), Does.StartWith("rules[0].segment: a shared flag cannot name one"));
    }

    [Test]
    public void A_rule_is_for_its_stores_and_for_the_segment_as_the_store_has_it()
    {
        var flag = Of(Boolean(new FlagRule("on", Stores: ["demo", "eu"], Segment: "vips")), store: "");
        _segments.Segments[("demo", "vips")] = [new TargetingCondition(Attribute: "plan", EqualTo: Value("\"gold\""))];
        _segments.Segments[("other", "vips")] = [];
        Assert.That(Evaluate(flag, """{"plan":"gold"}""").Variant, Is.EqualTo("on"));
        Assert.That(Evaluate(flag, """{"plan":"free"}""").Variant, Is.EqualTo("off"));
        Assert.That(flag.Evaluate("eu", Subject(context: """{"plan":"gold"}"""), _segments).Variant, Is.EqualTo("off"), "it has no such segment");
        Assert.That(flag.Evaluate("other", Subject(), _segments).Variant, Is.EqualTo("off"));
    }

    [Test]
    public void A_matching_percentage_needs_a_targeting_key()
    {
        var flag = Of(Boolean(new FlagRule("on", Percentage: 50, Conditions: [new TargetingCondition(Attribute: "plan", EqualTo: Value("\"gold\""))])));
        Assert.That(flag.Evaluate("demo", Subject(key: null, """{"plan":"gold"}"""), _segments).Reason, Is.EqualTo(FlagReason.TargetingKeyMissing));
        Assert.That(flag.Evaluate("demo", Subject(key: null, """{"plan":"free"}"""), _segments).Reason, Is.EqualTo(FlagReason.Default));
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public FsCheck.Property Raising_a_percentage_moves_nobody_out() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var (less, salt) = (random.NextDouble() * 100, $"{random.Next()}");
            var before = Of(Boolean(new FlagRule("on", Percentage: less)), salt: salt);
            var after = Of(Boolean(new FlagRule("on", Percentage: less + (random.NextDouble() * (100 - less)))), salt: salt);
            return Enumerable.Range(0, 100).All(i =>
            {
                var subject = Subject($"{random.Next()}-{i}");
                return before.Evaluate("demo", subject, _segments).Variant == "off" || after.Evaluate("demo", subject, _segments).Variant == "on";
            });
        });

    [Test]
    public void The_share_is_as_large_as_the_percentage_and_two_flags_draw_independently()
    {
        const int Count = 20_000;
        var (one, two) = (Of(Boolean(new FlagRule("on", Percentage: 30)), salt: "one"), Of(Boolean(new FlagRule("on", Percentage: 30)), salt: "two"));
        var draws = Enumerable.Range(0, Count).Select(i => Subject($"customer-{i}"))
            .Select(subject => (one.Evaluate("demo", subject, _segments).Variant == "on", two.Evaluate("demo", subject, _segments).Variant == "on")).ToArray();

        // Six standard deviations.
        Assert.That(draws.Count(draw => draw.Item1), Is.EqualTo(6000).Within(390));
        Assert.That(draws.Count(draw => draw is (true, true)), Is.EqualTo(1800).Within(245));
    }

    [Test]
    public void Keys_of_the_maximum_length_are_drawn()
    {
        var flag = Of(Boolean(new FlagRule("on", Percentage: 99.999)), salt: new string('s', 64));
        Assert.That(flag.Evaluate("demo", Subject(new string('é', TargetingSubject.MaxKeyBytes / 2)), _segments).Reason, Is.EqualTo(FlagReason.Split));
    }

    (string Variant, FlagReason Reason) Evaluate(FeatureFlag flag, string context)
    {
        var (variant, reason) = flag.Evaluate("demo", Subject(context: context), _segments);
        return (variant, reason);
    }
}
