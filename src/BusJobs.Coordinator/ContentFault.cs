using System.Data.Common;

namespace BusJobs.Coordinator;

/// <summary>Tells a fault of the data, which no retry mends, from one of the database.</summary>
internal static class ContentFault
{
    extension(DbException exception)
    {
        /// <summary>SQL states 22 and 23: the data is at fault.</summary>
        public bool IsOfContent => !exception.IsTransient && exception.SqlState is ['2', '2' or '3', ..];
    }
}
