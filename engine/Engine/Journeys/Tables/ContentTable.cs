using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>
/// Stores the decisions that started journeys, and what was sent to the shop's own systems, as JSON. Kept apart from journeys and messages
/// because it is most of the data and never changes; without it, the rows that do change lie close together.
/// </summary>
public sealed class ContentTable
{
    /// <summary>Number of bits of a key that hold the step; step 0 is the journey's decision.</summary>
    internal const int StepBits = 8;

    readonly Statement _set, _decision, _sent;

    internal ContentTable(Database database)
    {
        _set = database.Prepare("INSERT OR REPLACE INTO content(id, json) VALUES(?1, ?2)");
        _decision = database.Prepare("SELECT json FROM content WHERE id>=?1 AND id<?2 ORDER BY id LIMIT 1");
        _sent = database.Prepare("SELECT json FROM content WHERE id=?1");
    }

    /// <summary>Stores the decision that started a journey.</summary>
    public void SetDecision(long journey, Intervention decision) => Set(journey, 0, decision);

    /// <summary>Stores a message as it was handed over, for handing it over again.</summary>
    public void SetSent(long journey, Intervention sent) => Set(journey, sent.Step, sent);

    /// <summary>
    /// Returns the decision that started a journey, or <see langword="null"/>. If only a sent message was stored, returns that: it has the
    /// same content.
    /// </summary>
    public Intervention? DecisionOf(long journey)
    {
        if (!_decision.With(KeyOf(journey, 0)).With(KeyOf(journey + 1, 0)).Next())
        {
            return null;
        }

        var found = Read(_decision);
        _decision.Reset();
        return found;
    }

    /// <summary>Returns a message as it was handed over, or <see langword="null"/>.</summary>
    public Intervention? SentOf(long journey, int step)
    {
        if (!_sent.With(KeyOf(journey, step)).Next())
        {
            return null;
        }

        var found = Read(_sent);
        _sent.Reset();
        return found;
    }

    /// <summary>Reads the first column as an intervention.</summary>
    internal static Intervention Read(Statement row) => JsonSerializer.Deserialize(row.Bytes(0), ContractsJson.Default.Intervention)!;

    void Set(long journey, int step, Intervention content) => _set.With(KeyOf(journey, step)).WithJson(content).Run();

    static long KeyOf(long journey, int step) => (journey << StepBits) + step;
}
