namespace CartRecovery.Host;

/// <summary>The process's exit codes.</summary>
static class ExitCode
{
    public const int Success = 0;
    public const int Failed = 1;
    public const int BadUsage = 2;
    public const int BadConfiguration = 78;
}
