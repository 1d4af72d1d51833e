namespace CartRecovery.Tests.Simulation;

/// <summary>An invariant was violated in a simulation.</summary>
sealed class SimulationException(string message) : Exception(message)
{
    public static void ThrowUnless(bool condition, string message)
    {
        if (!condition)
        {
            throw new SimulationException(message);
        }
    }
}
