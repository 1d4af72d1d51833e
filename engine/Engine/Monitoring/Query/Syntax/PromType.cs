namespace CartRecovery.Engine.Monitoring.Query.Syntax;

/// <summary>The type of an expression.</summary>
public enum PromType
{
    /// <summary>A number.</summary>
    Scalar,

    /// <summary>A text.</summary>
    String,

    /// <summary>One value per series.</summary>
    Vector,

    /// <summary>A range of samples per series.</summary>
    Matrix,
}

/// <summary>Names of types in messages.</summary>
static class PromTypes
{
    public static string Text(PromType type) => type switch
    {
        PromType.Scalar => "scalar",
        PromType.String => "string",
        PromType.Vector => "instant vector",
        _ => "range vector",
    };
}
