dnl SPDX-License-Identifier: Apache-2.0
dnl PROMC_APPEND_FLAG(VARIABLE, FLAG): append FLAG to VARIABLE if the C compiler takes it.
AC_DEFUN([PROMC_APPEND_FLAG], [
  AS_VAR_PUSHDEF([cache], [promc_cv_flag_$2])dnl
  AC_CACHE_CHECK([whether $CC accepts $2], [cache],
    [promc_save_CFLAGS=$CFLAGS
     CFLAGS="$CFLAGS -Werror $2"
     AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
       [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
     CFLAGS=$promc_save_CFLAGS])
  AS_VAR_IF([cache], [yes], [$1="$$1 $2"])
  AS_VAR_POPDEF([cache])dnl
])
