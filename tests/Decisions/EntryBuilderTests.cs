using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Decisions;

public sealed class EntryBuilderTests
{
    // 1,240 Cyrillic letters, escaped to 7,440 bytes of JSON.
    static readonly string s_long = new('ж', 1240);

    [TestCase(1, 64)]
    [TestCase(512, JournalLayout.StandardPage)]
    [TestCase(3000, JournalLayout.StandardPage)]
    [TestCase(700, 64 * 1024)]
    public void Decisions_of_one_moment_are_split_into_entries_that_fit(int count, int page)
    {
        var max = new JournalLayout(JournalLayout.StandardPage, page).MaxPayload;
        var decisions = Enumerable.Range(0, count).Select(DecisionOf).ToList();
        var builder = new EntryBuilder();
        decisions.ForEach(decision =>
        {
            DecisionCodec.Write(builder.Output, decision);
            builder.EndRecord();
        });
        var (read, last) = (new List<Decision>(), new List<bool>());

        while (builder.TryCut(max, out var entry))
        {
            var some = EntryPayload.ReadDecisions(entry.ToArray());
            Assert.That(entry.Length <= max || some.Count == 1, Is.True, $"{entry.Length} bytes of {max}");
            read.AddRange(some);
            last.Add(EntryPayload.IsLast(entry));
        }

        Assert.That(read.Select(d => (d.At, d.Intervention.Id, d.Intervention.Code)),
            Is.EqualTo(decisions.Select(d => (d.At, d.Intervention.Id, d.Intervention.Code))));
        Assert.That(last, Is.EqualTo(Enumerable.Range(1, last.Count).Select(i => i == last.Count)));
    }

    static Decision DecisionOf(int number) => new(default, number, 0, Interventions.One(number) with { Code = s_long });
}
