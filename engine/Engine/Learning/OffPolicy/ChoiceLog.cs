namespace CartRecovery.Engine.Learning.OffPolicy;

/// <summary>Randomised choices among actions and their rewards. Immutable by convention.</summary>
public sealed class ChoiceLog
{
    /// <summary>The maximum number of actions in a log.</summary>
    public const int MaxActions = 50;

    /// <param name="features">The names of the context features, known before the choice; may be empty.</param>
    /// <param name="actions">The action names.</param>
    /// <param name="contexts">The features' values, choice by choice. NaN means missing.</param>
    /// <param name="chosen">The action index of each choice, from 0.</param>
    /// <param name="propensities">The probability of the chosen action in its context, above 0 and up to 1.</param>
    /// <param name="rewards">The reward of each choice, in any unit.</param>
    /// <exception cref="ArgumentException">The lengths do not match, there are fewer than two choices, or a choice is invalid.</exception>
    public ChoiceLog(IReadOnlyList<string> features, IReadOnlyList<string> actions, float[] contexts, int[] chosen, double[] propensities, double[] rewards)
    {
        if (chosen.Length < 2)
        {
            throw new ArgumentException($"At least two choices are needed, not {chosen.Length}.", nameof(chosen));
        }

        if (actions.Count > MaxActions)
        {
            throw new ArgumentException($"There are {actions.Count} actions; at most {MaxActions} are supported.", nameof(actions));
        }

        if (contexts.Length != (long)chosen.Length * features.Count || propensities.Length != chosen.Length || rewards.Length != chosen.Length)
        {
            throw new ArgumentException(
                $"{chosen.Length} choices need {chosen.Length} propensities and rewards and {(long)chosen.Length * features.Count} values; there are {propensities.Length}, {rewards.Length} and {contexts.Length}.");
        }

        Logged = new int[actions.Count];
        for (var i = 0; i < chosen.Length; i++)
        {
            if ((uint)chosen[i] >= (uint)actions.Count)
            {
                throw new ArgumentException($"Choice {i + 1} is of action {chosen[i]}; there are {actions.Count}, from 0.", nameof(chosen));
            }

            if (propensities[i] is not (> 0 and <= 1))
            {
                throw new ArgumentException($"Choice {i + 1} has the propensity {propensities[i]}; it must be above 0 and up to 1.", nameof(propensities));
            }

            if (!double.IsFinite(rewards[i]))
            {
                throw new ArgumentException($"Choice {i + 1} has the reward {rewards[i]}, which is not a number.", nameof(rewards));
            }

            Logged[chosen[i]]++;
        }

        (Features, Actions, Contexts, Chosen, Propensities, Rewards) = (features, actions, contexts, chosen, propensities, rewards);
    }

    /// <summary>Names of the context features.</summary>
    public IReadOnlyList<string> Features { get; }

    /// <summary>Action names.</summary>
    public IReadOnlyList<string> Actions { get; }

    /// <summary>The features' values, choice by choice.</summary>
    public float[] Contexts { get; }

    /// <summary>Action index of each choice.</summary>
    public int[] Chosen { get; }

    /// <summary>Probability of the chosen action in its context.</summary>
    public double[] Propensities { get; }

    /// <summary>Reward of each choice.</summary>
    public double[] Rewards { get; }

    /// <summary>How often each action was chosen.</summary>
    public int[] Logged { get; }

    /// <summary>Number of choices.</summary>
    public int Count => Chosen.Length;

    /// <summary>Returns the context of a choice.</summary>
    public ReadOnlySpan<float> Context(int index) => Contexts.AsSpan(index * Features.Count, Features.Count);

    /// <summary>Finds an action's index by name; −1 if there is none.</summary>
    public int ActionOf(string name)
    {
        for (var i = 0; i < Actions.Count; i++)
        {
            if (string.Equals(Actions[i], name, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }
}
