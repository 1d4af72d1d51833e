using CartRecovery.Engine.Journeys;

namespace CartRecovery.Host.Api;

/// <summary>Provides the campaigns and the contact policy in force; a reload replaces them while the engine runs.</summary>
interface IJourneyOptionsProvider
{
    /// <summary>The current options. Read once per request.</summary>
    JourneyOptions JourneyOptions { get; }
}
