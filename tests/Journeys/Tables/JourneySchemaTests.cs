using CartRecovery.Engine.Journeys.Tables;

namespace CartRecovery.Tests.Journeys.Tables;

public class JourneySchemaTests
{
    [TestCase("intervention_due", "state = 0")]
    [TestCase("intervention_sending", "state = 1")]
    public void Partial_indexes_use_the_states_numbers(string index, string condition)
    {
        using var store = new JourneyStore(":memory:");
        Assert.That(TextOf(store, $"SELECT sql FROM sqlite_master WHERE name='{index}'", column: 0), Does.EndWith($"WHERE {condition}"));
    }

    [TestCase("SELECT id FROM intervention WHERE state={0} AND channel=?1 AND due_at<=?2", MessageState.Scheduled, "intervention_due")]
    [TestCase("SELECT id FROM intervention WHERE state={0}", MessageState.Sending, "intervention_sending")]
    public void A_query_by_state_uses_its_partial_index(string sql, MessageState state, string index)
    {
        using var store = new JourneyStore(":memory:");
        Assert.That(TextOf(store, "EXPLAIN QUERY PLAN " + sql.Replace("{0}", $"{state:D}", StringComparison.Ordinal), column: 3), Does.Contain(index));
    }

    static string TextOf(JourneyStore store, string sql, int column)
    {
        var row = store.Database.Prepare(sql);
        Assert.That(row.Next(), Is.True);
        var text = row.Text(column);
        row.Reset();
        return text;
    }
}
