using CartRecovery.Engine.Learning.OffPolicy;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Learning.OffPolicy;

[Parallelizable]
public sealed class ChoiceLogCsvTests
{
    [Test]
    public void Numbers_texts_and_missing_values_become_features()
    {
        var log = Read("age,reward,city,action,propensity\n30,1,Rome,\"a, or \"\"b\"\"\",0.25\r\n,0.5,\"New\nYork\",c,0.75\n\n4e1,-2,Rome,c,1");

        Assert.That(log.Features, Is.EqualTo(new[] { "age", "city=Rome", "city=New\nYork" }));
        Assert.That(log.Actions, Is.EqualTo(new[] { "a, or \"b\"", "c" }));
        Assert.That(log.Contexts, Is.EqualTo(new[] { 30, 1, 0, float.NaN, 0, 1, 40, 1, 0 }));
        Assert.That(log.Chosen, Is.EqualTo(new[] { 0, 1, 1 }));
        Assert.That(log.Propensities, Is.EqualTo(new[] { 0.25, 0.75, 1 }));
        Assert.That(log.Rewards, Is.EqualTo(new[] { 1, 0.5, -2 }));
    }

    [Test]
    public void The_twenty_most_frequent_values_become_features()
    {
        var rows = Enumerable.Range(0, 100).Select(i => $"{(i < 60 ? i % 20 : i)}x,a,1,0");
        var log = Read($"code,action,propensity,reward\n{string.Join('\n', rows)}\n");

        Assert.That(log.Features, Is.EquivalentTo(Enumerable.Range(0, 20).Select(i => $"code={i}x")));
        Assert.That(log.Context(99).ToArray(), Is.All.Zero);
    }

    [TestCase("", "1: the header is missing")]
    [TestCase("action,reward\na,1\n", "1: the header needs one column 'propensity'; it has action, reward")]
    [TestCase("action,propensity,reward\n", "1: at least two choices are needed")]
    [TestCase("action,propensity,reward\na,1,1\na,1\n", "3: 2 cells, but the header has 3")]
    [TestCase("action,propensity,reward\na,1,1\na,0,1\n", "3: the propensity must be above 0 and up to 1, not 0")]
    [TestCase("action,propensity,reward\na,1,1\na,1.5,1\n", "3: the propensity must be above 0 and up to 1, not 1.5")]
    [TestCase("action,propensity,reward\na,half,1\na,1,1\n", "2: the propensity 'half' is not a number")]
    [TestCase("action,propensity,reward\na,1,1\na,1,\n", "3: the reward '' is not a number")]
    [TestCase("action,propensity,reward\na,1,\"1\n", "2: a quote is not closed")]
    public void An_invalid_file_is_rejected_with_the_position(string text, string message) =>
        Assert.That(() => Read(text), Throws.TypeOf<FormatException>().With.Message.EndsWith($"log.csv:{message}"));

    static ChoiceLog Read(string text)
    {
        using var scratch = new Scratch();
        return ChoiceLogCsv.Read(scratch.Write("log.csv", text));
    }
}
