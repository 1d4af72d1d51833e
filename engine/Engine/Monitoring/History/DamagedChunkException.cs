namespace CartRecovery.Engine.Monitoring.History;

/// <summary>The bytes of a chunk are not what was written.</summary>
sealed class DamagedChunkException(string reason) : Exception(reason);
