namespace CartRecovery.Engine.Monitoring.History;

/// <summary>Who produces a series: decides which places of a full history it may take.</summary>
public enum SeriesOwner
{
    /// <summary>Another program: takes all but two tenths of the places.</summary>
    Other,

    /// <summary>A rule: takes all but a tenth of the places.</summary>
    Rule,

    /// <summary>The engine itself: takes every place.</summary>
    Engine,
}
