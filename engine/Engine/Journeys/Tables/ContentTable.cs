using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>
/// What journeys were set off by, and what machines were sent, as JSON. It is apart from the tables of journeys and messages because it would be most of
/// what is written of them, and never changes: what does change lies close together without it.
/// </summary>
public sealed class ContentTable
{
    /// <summary>The steps of a journey, and its decision as step 0, have numbers of so many bits.</summary>
    internal const int StepBits = 8;

    readonly Statement _set, _decision;

    internal ContentTable(Database database)
    {
        _set = database.Prepare("INSERT OR REPLACE INTO content(id, json) VALUES(?1, ?2)");
        _decision = database.Prepare("SELECT json FROM content WHERE id>=?1 AND id<?2 ORDER BY id LIMIT 1");
    }

    /// <summary>Keeps the decision that set a journey off.</summary>
    public void SetDecision(long journey, Intervention decision) => Set(journey, 0, decision);

    /// <summary>Keeps a message as it was handed over, to be handed over again.</summary>
    public void SetSent(long journey, Intervention sent) => Set(journey, sent.Step, sent);

    /// <summary>
    /// What set a journey off; <see langword="null"/> where nothing was kept of that. Where the decision itself was not kept, the first message that was
    /// handed over says the same.
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

    /// <summary>Reads the first column.</summary>
    internal static Intervention Read(Statement row) => JsonSerializer.Deserialize(row.Bytes(0), ContractsJson.Default.Intervention)!;

    void Set(long journey, int step, Intervention content) => _set.With(KeyOf(journey, step)).WithJson(content).Run();

    static long KeyOf(long journey, int step) => (journey << StepBits) + step;
}
