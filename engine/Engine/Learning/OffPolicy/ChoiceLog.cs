namespace CartRecovery.Engine.Learning.OffPolicy;

/// <summary>Choices among actions that were made by lot, and what came of them. Immutable by convention.</summary>
public sealed class ChoiceLog
{
    /// <summary>The most actions a log may have.</summary>
    public const int MaxActions = 50;

    /// <param name="features">The names of what was known before the choice; there may be none.</param>
    /// <param name="actions">The actions' names.</param>
    /// <param name="contexts">The features' values, choice after choice. NaN means missing.</param>
    /// <param name="chosen">For each choice the number of its action, from 0.</param>
    /// <param name="propensities">How likely that action was to be chosen there, above 0 and up to 1.</param>
    /// <param name="rewards">What came of it, in any unit.</param>
    /// <exception cref="ArgumentException">The lengths do not fit together, there are fewer than two choices, or one of them cannot be.</exception>
    public ChoiceLog(IReadOnlyList<string> features, IReadOnlyList<string> actions, float[] contexts, int[] chosen, double[] propensities, double[] rewards)
    {
        if (chosen.Length < 2) throw new ArgumentException($"Estimates need two choices or more; there are {chosen.Length}.", nameof(chosen));
        if (actions.Count > MaxActions) throw new ArgumentException($"There are {actions.Count} actions, and {MaxActions} at the most can be told apart.", nameof(actions));
        if (contexts.Length != (long)chosen.Length * features.Count || propensities.Length != chosen.Length || rewards.Length != chosen.Length)
        {
            throw new ArgumentException(
                $"{chosen.Length} choices need {chosen.Length} propensities and rewards and {(long)chosen.Length * features.Count} values; there are {propensities.Length}, {rewards.Length} and {contexts.Length}.");
        }

        Logged = new int[actions.Count];
        for (var i = 0; i < chosen.Length; i++)
        {
            if ((uint)chosen[i] >= (uint)actions.Count) throw new ArgumentException($"Choice {i + 1} is of action {chosen[i]}; there are {actions.Count}, from 0.", nameof(chosen));
            if (propensities[i] is not (> 0 and <= 1)) throw new ArgumentException($"Choice {i + 1} has the propensity {propensities[i]}; it must be above 0 and up to 1.", nameof(propensities));
            if (!double.IsFinite(rewards[i])) throw new ArgumentException($"Choice {i + 1} has the reward {rewards[i]}, which is not a number.", nameof(rewards));
            Logged[chosen[i]]++;
        }

        (Features, Actions, Contexts, Chosen, Propensities, Rewards) = (features, actions, contexts, chosen, propensities, rewards);
    }

    /// <summary>The names of what was known before the choice.</summary>
    public IReadOnlyList<string> Features { get; }

    /// <summary>The actions' names.</summary>
    public IReadOnlyList<string> Actions { get; }

    /// <summary>The features' values, choice after choice.</summary>
    public float[] Contexts { get; }

    /// <summary>For each choice the number of its action.</summary>
    public int[] Chosen { get; }

    /// <summary>How likely that action was to be chosen there.</summary>
    public double[] Propensities { get; }

    /// <summary>What came of it.</summary>
    public double[] Rewards { get; }

    /// <summary>For each action how often it was chosen.</summary>
    public int[] Logged { get; }

    /// <summary>The number of choices.</summary>
    public int Count => Chosen.Length;

    /// <summary>What was known before a choice.</summary>
    public ReadOnlySpan<float> Context(int index) => Contexts.AsSpan(index * Features.Count, Features.Count);

    /// <summary>The number of an action; −1 where none has this name.</summary>
    public int ActionOf(string name)
    {
        for (var i = 0; i < Actions.Count; i++)
            if (string.Equals(Actions[i], name, StringComparison.Ordinal)) return i;
        return -1;
    }
}
