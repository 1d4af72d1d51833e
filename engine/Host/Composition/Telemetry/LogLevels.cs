using CartRecovery.Engine.Configuration;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition.Telemetry;

/// <summary>The minimum severity of logged messages. A reload changes it. Thread-safe.</summary>
sealed class LogLevels
{
    volatile LogThreshold _minimum = LogThreshold.Information;

    /// <summary>The minimum.</summary>
    public LogThreshold Minimum
    {
        get => _minimum;
        set => _minimum = value;
    }

    /// <summary>Returns whether messages of a severity are logged.</summary>
    public bool Includes(LogLevel level) => level >= (LogLevel)_minimum;
}
