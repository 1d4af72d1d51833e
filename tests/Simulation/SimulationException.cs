namespace CartRecovery.Tests.Simulation;

/// <summary>Something happened in a simulation that must not.</summary>
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
