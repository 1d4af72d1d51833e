using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Tests.Pipeline;

namespace CartRecovery.Tests.Decisions;

[Parallelizable(ParallelScope.All)]
public sealed class CampaignNumbersTests
{
    [Test]
    public void The_first_campaigns_get_their_places() =>
        Assert.That(NumbersOf(CampaignNumbers.Empty.With(["a", "b", "c"]), "a", "b", "c"), Is.EqualTo(new[] { 0, 1, 2 }));

    [Test]
    public void A_campaign_keeps_its_number_whatever_its_place()
    {
        var numbers = CampaignNumbers.Empty.With(["a", "b"]).With(["c", "b", "a"]);
        Assert.That(NumbersOf(numbers, "a", "b", "c"), Is.EqualTo(new[] { 0, 1, 2 }));
    }

    [Test]
    public void A_campaign_that_comes_back_has_its_number_again()
    {
        var numbers = CampaignNumbers.Empty.With(["a", "b"]).With(["b", "c"]).With(["a", "b", "c"]);
        Assert.That(NumbersOf(numbers, "a", "b", "c"), Is.EqualTo(new[] { 0, 1, 2 }));
    }

    [Test]
    public void Once_all_numbers_are_taken_the_longest_unused_one_is_given_away()
    {
        var all = Enumerable.Range(0, CampaignSet.Capacity).Select(i => $"c{i}").ToArray();
        var numbers = CampaignNumbers.Empty.With(all).With(all[1..]).With(all[2..]);
        Assert.That(numbers.With([.. all[2..], "new"])["new"], Is.Zero);
        Assert.That(numbers.With([.. all[2..], "new"]).With([.. all[2..], "new", "newer"])["newer"], Is.EqualTo(1));
    }

    [Test]
    public void The_same_campaigns_change_nothing()
    {
        var numbers = CampaignNumbers.Empty.With(["a", "b"]);
        Assert.That(numbers.With(["b", "a"]), Is.SameAs(numbers));
        Assert.That(numbers.With(["a"]), Is.Not.SameAs(numbers));
    }

    [Test]
    public void The_text_gives_the_same_numbers()
    {
        var numbers = CampaignNumbers.Empty.With(["a", "b c"]).With(["b c"]);
        Assert.That(CampaignNumbers.Parse(numbers.ToString()).ToString(), Is.EqualTo(numbers.ToString()));
    }

    [TestCase("")]
    [TestCase("0 1 a\n")]
    [TestCase("64 1 a\ncrc32c 00000000\n")]
    [TestCase("0 1 b\ncrc32c 00000000\n")]
    public void Damaged_text_is_refused(string text) => Assert.Throws<InvalidDataException>(() => CampaignNumbers.Parse(text));

    [Test]
    public void The_journal_records_numbers_that_are_not_the_places()
    {
        var decisions = new DecisionsConfig { Campaigns = [TestStages.OnEvent("b", "add_to_cart"), TestStages.OnEvent("a", "add_to_cart")] };
        var compiled = CampaignCompiler.Compile(Record(CampaignNumbers.Empty.With(["a", "b"])), TestStages.Stores)!;
        Assert.That((compiled.NumberOf(0), compiled.NumberOf(1), compiled.WithNumbers(0b01)), Is.EqualTo((1, 0, 0b10UL)));
        Assert.That(Record(CampaignNumbers.Empty.With(["b", "a"])), Is.EqualTo(Record(numbers: null)), "an earlier version's record");

        byte[] Record(CampaignNumbers? numbers) => ConfigurationRecord.Write(decisions, new ContactConfig(), TestStages.Stores, numbers: numbers);
    }

    static int[] NumbersOf(CampaignNumbers numbers, params string[] names) => [.. names.Select(name => numbers[name])];
}
