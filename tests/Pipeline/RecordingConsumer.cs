using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;

namespace CartRecovery.Tests.Pipeline;

/// <summary>Keeps the decisions, from whichever worker they come.</summary>
sealed class RecordingConsumer : IDecisionConsumer
{
    readonly List<(Intervention Intervention, long ConnectionId)> _taken = [];

    public IReadOnlyList<(Intervention Intervention, long ConnectionId)> Taken
    {
        get
        {
            lock (_taken)
            {
                return [.. _taken];
            }
        }
    }

    public IEnumerable<Intervention> Interventions => Taken.Select(t => t.Intervention);

    /// <summary>The campaigns that stepped in, in order.</summary>
    public IEnumerable<string> Campaigns => Interventions.Select(i => i.Campaign);

    /// <summary>Every decision in every detail.</summary>
    public string[] Json => [.. Interventions.Select(i => JsonSerializer.Serialize(i, ContractsJson.Default.Intervention))];

    /// <summary>Takes decisions over from where they were made.</summary>
    public void Take(List<Decision> decisions)
    {
        foreach (var decision in decisions)
        {
            Deliver(decision);
        }

        decisions.Clear();
    }

    public void Deliver(Decision decision)
    {
        lock (_taken)
        {
            _taken.Add((decision.Intervention, decision.ConnectionId));
        }
    }
}
